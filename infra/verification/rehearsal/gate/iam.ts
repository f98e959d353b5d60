import { matchesConditions, matchesPattern, type Conditions } from "./conditions.ts";

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Partial<Record<Principal["kind"], string | string[]>>;
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
  /** The condition keys that it could have; those that it lacks have no value. */
  context?: Record<string, string[]>;
}

export interface Asked extends Ask {
  principal: Principal;
}

export interface Principal {
  kind: "AWS" | "Service" | "Federated";
  value: string;
}

const known = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"];

/**
 * Why a request is denied, or undefined if it is allowed, as AWS decides within one account: a Deny anywhere wins;
 * otherwise a policy of the caller, or the resource's if it names the caller, must allow it, and so must the boundary,
 * which grants nothing alone. Throws for a policy that it cannot read: policy variables, NotAction, NotPrincipal, an
 * account as principal, an unknown condition key or operator.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function denialBy(
  policies: { identity: Policy[]; boundary?: Policy | undefined; resource?: Policy | undefined },
  asked: Asked,
): string | undefined {
  const boundary = policies.boundary && statementsOf(policies.boundary);
  const naming = policies.resource ? statementsNaming(asked.principal, policies.resource) : [];
  const allowing = [...policies.identity.flatMap(statementsOf), ...naming];
  const denial = judge([...allowing, ...(boundary ?? [])], allowing, asked);
  if (denial !== undefined || !boundary || boundary.some(applies("Allow", asked))) return denial;
  return "the boundary does not allow it";
}

/**
 * The same by a role's trust policy or a function's policy alone: only the statements that name the
 * principal count, and a statement without a Resource is about the resource that it is attached to.
 */
export function denialByResource(policy: Policy, asked: Asked): string | undefined {
  const statements = statementsNaming(asked.principal, policy);
  return statements.length === 0 ? "the policy does not name the principal" : judge(statements, statements, asked);
}

function judge(denying: NamedStatement[], allowing: Statement[], asked: Asked): string | undefined {
  const denial = denying.find(applies("Deny", asked));
  if (denial) return `denied by ${denial.name}`;
  return allowing.some(applies("Allow", asked)) ? undefined : "no policy allows it";
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

function statementsNaming({ kind, value }: Principal, policy: Policy): NamedStatement[] {
  return statementsOf(policy).filter(({ Principal: named }) => {
    const names = listOf(typeof named === "object" ? named[kind] : named);
    return names.includes("*") || names.includes(value);
  });
}

type NamedStatement = ReturnType<typeof statementsOf>[number];

function statementsOf(policy: Policy) {
  if (JSON.stringify(policy).includes("${"))
    throw new Error("Policy variables are not supported here: write the value.");
  return [policy.Statement].flat().map((statement, index) => {
    const name = statement.Sid ?? `statement ${index + 1}`;
    const unknown = Object.keys(statement).filter((key) => !known.includes(key));
    if (unknown.length > 0) throw new Error(`${name}: ${unknown.join(", ")} is not supported here.`);
    if (/"(\d{12}|arn:aws:iam::\d*:root)"/.test(JSON.stringify(statement.Principal ?? "")))
      throw new Error(`${name}: an account as principal is not supported here.`);
    return { ...statement, name };
  });
}

function listOf(value: string | string[] = []): string[] {
  return [value].flat();
}
