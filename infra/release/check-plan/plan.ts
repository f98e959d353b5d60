import { isObject, isTexts } from "../_shared/json.ts";

/** What a plan does to one object. */
export interface Change {
  address: string;
  type: string;
  /** The key of an object that a failed replacement left behind; absent for the one in use. */
  deposed: string | undefined;
  actions: string[];
  /** Empty if there is none. */
  before: Record<string, unknown>;
  /** Without values known only after apply. */
  after: Record<string, unknown>;
  /** `true` in place of each secret value of `before`. */
  secret: Record<string, unknown>;
}

/**
 * The changes to resources in the output of `terraform show -json PLAN`; reads of data sources do not count.
 *
 * Throws one sentence unless it is a complete plan of Terraform 1.11 or later, not a state, half a
 * document, or the plan of a failed run. No sentence quotes the input: a plan holds secrets.
 *
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export function readPlan(text: string): Change[] {
  const plan = parseObject(text);
  const { format_version: format, errored, complete, resource_changes: changes = [] } = plan;
  if (typeof format !== "string") throw notAPlan();
  if (!format.startsWith("1."))
    throw new Error("The plan's format_version is not 1.x: check what Terraform has changed, then adapt check-plan.");
  if (errored === true)
    throw new Error("Terraform failed while it made this plan, so the plan is incomplete: plan again.");
  if (complete === false) throw new Error("The plan does not cover everything: plan again, without -target.");
  if (errored !== false || complete !== true || !Array.isArray(changes)) throw notAPlan();
  return changes.flatMap(readChange);
}

function parseObject(text: string): Record<string, unknown> {
  if (text.trim() === "") throw new Error("The plan is empty: did terraform show fail?");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse's own message quotes the text.
    throw new Error("The plan is not JSON, or is truncated: pipe in what terraform show -json prints.");
  }
  if (!isObject(value)) throw notAPlan();
  return value;
}

function readChange(entry: unknown): Change[] {
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
      deposed: typeof deposed === "string" ? deposed : undefined,
      actions,
      before: isObject(before) ? before : {},
      after: isObject(after) ? after : {},
      secret: isObject(secret) ? secret : {},
    },
  ];
}

function notAPlan(): Error {
  return new Error("This is not a plan: pipe in what terraform show -json PLAN prints, of Terraform 1.11 or later.");
}
