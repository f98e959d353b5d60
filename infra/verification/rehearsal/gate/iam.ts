import { matchesConditions, matchesPattern, type Conditions } from "./conditions.ts";

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Conditions;
}

export interface Policy {
  Version?: string;
  Statement: Statement | Statement[];
}

export interface Ask {
  action: string;
  resource: string;
  context?: Record<string, string[]>;
}

export interface Asked extends Ask {
  principal?: Principal;
}

export interface Principal {
  kind: "AWS" | "Service" | "Federated";
  value: string;
}

export interface Decision {
  isAllowed: boolean;
  reason: string;
}

const known = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"];

/**
 * Decides as AWS does within one account: a Deny anywhere wins; otherwise a policy of the caller, or the
 * resource's if it names the caller, must allow it, and so must the boundary, which grants nothing
 * alone. Throws for a policy that it cannot read: policy variables, NotAction, NotPrincipal, an
 * unknown condition operator.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(
  policies: { identity: Policy[]; boundary?: Policy | undefined; resource?: Policy | undefined },
  asked: Asked,
): Decision {
  const identity = policies.identity.flatMap(identityStatements);
  const boundary = policies.boundary && identityStatements(policies.boundary);
  const resource = policies.resource ? statementsOf(policies.resource) : [];
  const naming = (isAccountEnough: boolean) =>
    resource.filter((statement) => names(statement, asked.principal, isAccountEnough));
  const denying = [...identity, ...(boundary ?? []), ...naming(true)];
  // An account as principal lets its administrators allow it; alone it allows nothing.
  const decision = judge(denying, [...identity, ...naming(false)], asked);
  if (decision.isAllowed && boundary && !boundary.some(applies("Allow", asked)))
    return { isAllowed: false, reason: "the boundary does not allow it" };
  return decision;
}

/**
 * Decides by a role's trust policy or a function's policy alone: only the statements that name the
 * principal count, and a statement without a Resource is about the resource that it is attached to.
 */
export function decideByResource(policy: Policy, asked: Asked): Decision {
  const statements = statementsOf(policy).filter((statement) => names(statement, asked.principal, true));
  if (statements.length === 0) return { isAllowed: false, reason: "the policy does not name the principal" };
  return judge(statements, statements, asked);
}

function judge(denying: NamedStatement[], allowing: NamedStatement[], asked: Asked): Decision {
  const denial = denying.find(applies("Deny", asked));
  if (denial) return { isAllowed: false, reason: `denied by ${denial.name}` };
  const allowance = allowing.find(applies("Allow", asked));
  return allowance
    ? { isAllowed: true, reason: `allowed by ${allowance.name}` }
    : { isAllowed: false, reason: "no policy allows it" };
}

interface NamedStatement extends Statement {
  name: string;
}

/** Without Resource and NotResource, as in a trust policy, nothing restricts it. */
function applies(effect: "Allow" | "Deny", { action, resource, context = {} }: Ask): (statement: Statement) => boolean {
  const isOn = (patterns: Statement["Resource"]) =>
    listOf(patterns).some((pattern) => matchesPattern(resource, pattern));
  return ({ Effect, Action, Resource, NotResource, Condition = {} }) =>
    Effect === effect &&
    listOf(Action).some((pattern) => matchesPattern(action, pattern, "i")) &&
    (Resource === undefined ? !isOn(NotResource) : isOn(Resource)) &&
    matchesConditions(Condition, context);
}

/** An account is named as `123456789012` or `arn:aws:iam::123456789012:root`. */
function names({ Principal }: Statement, asking: Principal | undefined, isAccountEnough: boolean): boolean {
  if (Principal === "*") return true;
  const named = listOf((Principal as Record<string, string | string[]> | undefined)?.[asking?.kind ?? "AWS"]);
  const [, , , , account = ""] = asking?.value.split(":") ?? [];
  const accounts = isAccountEnough && asking?.kind === "AWS" ? [account, `arn:aws:iam::${account}:root`] : [];
  return named.some((name) => ["*", asking?.value, ...accounts].includes(name));
}

function identityStatements(policy: Policy): NamedStatement[] {
  const statements = statementsOf(policy);
  const incomplete = statements.find(
    ({ Resource, NotResource }) => Resource === undefined && NotResource === undefined,
  );
  if (incomplete) throw new Error(`${incomplete.name} has neither Resource nor NotResource.`);
  return statements;
}

function statementsOf(policy: Policy): NamedStatement[] {
  if (JSON.stringify(policy).includes("${"))
    throw new Error("Policy variables are not supported here: write the value.");
  return [policy.Statement].flat().map((statement, index) => {
    const name = statement.Sid ?? `statement ${index + 1}`;
    const unknown = Object.keys(statement).filter((key) => !known.includes(key));
    if (unknown.length > 0) throw new Error(`${name}: ${unknown.join(", ")} is not supported here.`);
    if (statement.Action === undefined) throw new Error(`${name} must have an Action.`);
    return { ...statement, name };
  });
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
