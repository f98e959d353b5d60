import { isObject, isTexts } from "../_shared/json.ts";

/** What a plan does to one object. */
export interface Change {
  address: string;
  type: string;
  /** The key of an object that a failed replacement has left behind; absent for the one in use. */
  deposed: string | undefined;
  actions: string[];
  /** Empty where there is none. */
  before: Record<string, unknown>;
  /** Without what is known after apply only. */
  after: Record<string, unknown>;
  /** `true` in the place of each value of `before` that is a secret. */
  secret: Record<string, unknown>;
}

/**
 * The changes to resources in what `terraform show -json PLAN` prints; reading data sources is none.
 *
 * Throws one sentence for anything but the whole plan of Terraform 1.11 or later, such as a state, half
 * a document, or the plan of a run that failed. No sentence repeats what came in: a plan holds secrets.
 *
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
export function readPlan(text: string): Change[] {
  const plan = parseObject(text);
  const { format_version: format, errored, complete, resource_changes: changes = [] } = plan;
  if (typeof format !== "string") throw notAPlan();
  if (!format.startsWith("1."))
    throw new Error("The plan's format_version is not 1.x: see what Terraform has changed, then ours.");
  if (errored === true)
    throw new Error("Terraform failed while it made this plan, so what it holds is not all: plan again.");
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
    // JSON.parse's own message quotes what it read.
    throw new Error("The plan is not JSON, or not all of it: pipe in what terraform show -json prints.");
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
