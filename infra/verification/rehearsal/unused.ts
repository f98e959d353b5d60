import type { Gate } from "./gate/gate.ts";
import { allowedActions, matchesAction } from "./gate/iam.ts";

/** Prints, role by role, the actions that its policies allow and that nothing it did has needed. */
export async function printUnused(gate: Gate, roles: string[]): Promise<void> {
  for (const role of roles) {
    const { identity } = await gate.policiesOf(role);
    const used = gate.decisions
      .filter(({ principal, isAllowed }) => principal === role && isAllowed)
      .map(({ action }) => action);
    const granted = allowedActions(identity);
    const unused = granted.filter((pattern) => !used.some((action) => matchesAction(action, pattern)));
    console.log(
      `Granted to ${role} and not used: ${unused.length} of ${granted.length}${unused.length > 0 ? `\n  ${unused.join(", ")}` : ""}`,
    );
  }
}
