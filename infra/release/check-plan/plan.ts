import { isObject, isTexts, parse } from "../_shared/json.ts";

export type Values = Record<string, unknown>;

export type Plan = ReturnType<typeof readPlan>;

/** What a plan does to one object. */
export type Change = ReturnType<typeof readChange>[number];

export const byHand = 'If this is intended, deploy by hand: infra/README.md, "Deploy by hand".';

/**
 * The output of `terraform show -json PLAN`: its changes to resources, without reads of data sources, and the account.
 *
 * Throws one sentence unless it is a complete plan of Terraform 1.11 or later, not a state, half a
 * document, or the plan of a failed run. No sentence quotes the input: a plan holds secrets.
 *
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export function readPlan(text: string) {
  if (text.trim() === "") throw new Error("The plan is empty: did terraform show fail?");
  const plan = parse(text);
  if (plan === undefined)
    throw new Error("The plan is not JSON, or is truncated: pipe in what terraform show -json prints.");
  if (!isObject(plan)) throw notAPlan();
  const { format_version: format, errored, complete, resource_changes: changes = [] } = plan;
  if (typeof format !== "string") throw notAPlan();
  if (!format.startsWith("1."))
    throw new Error("The plan's format_version is not 1.x: check what Terraform has changed, then adapt check-plan.");
  if (errored === true)
    throw new Error("Terraform failed while it made this plan, so the plan is incomplete: plan again.");
  if (complete === false) throw new Error("The plan does not cover everything: plan again, without -target.");
  if (errored !== false || complete !== true || !Array.isArray(changes)) throw notAPlan();
  return { changes: changes.flatMap(readChange), accountId: accountIn(plan) };
}

/** Terraform has asked AWS for it, in the data source of infra/variables.tf. */
function accountIn({ prior_state: state }: Values): unknown {
  const { root_module: { resources } = {} } = (valuesIn(state)["values"] ?? {}) as { root_module?: Values };
  const found = blocks(resources).find(({ address }) => address === "data.aws_caller_identity.this");
  return valuesIn(found?.["values"])["account_id"];
}

function readChange(entry: unknown) {
  if (!isObject(entry) || !isObject(entry["change"])) throw notAPlan();
  const { address, mode, type, deposed } = entry;
  const { actions, before, after, before_sensitive: secret } = entry["change"];
  if (mode === "data") return [];
  if (typeof address !== "string" || typeof type !== "string" || !isTexts(actions) || actions.length === 0)
    throw notAPlan();
  return [
    {
      address,
      type,
      /** The key of an object that a failed replacement left behind; absent for the one in use. */
      deposed: typeof deposed === "string" ? deposed : undefined,
      actions,
      /** Empty if there is none. */
      before: valuesIn(before),
      /** Without values known only after apply. */
      after: valuesIn(after),
      /** `true` in place of each secret value of `before`. */
      secret: valuesIn(secret),
    },
  ];
}

export function isMade({ actions }: Change): boolean {
  return actions.includes("create") || actions.includes("update");
}

function valuesIn(value: unknown): Values {
  return isObject(value) ? value : {};
}

/** What a change would do, unless this holds. */
export function unless(holds: boolean, what: string): string[] {
  return holds ? [] : [what];
}

/** The blocks of one kind, which a plan has as a list. */
export function blocks(value: unknown): Values[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function notAPlan(): Error {
  return new Error("This is not a plan: pipe in what terraform show -json PLAN prints, of Terraform 1.11 or later.");
}
