/** The claims of a token. */
export type Claims = Record<string, unknown>;

/** What a trust policy wants one claim to be: one of these, where `isPattern` lets `*` and `?` stand for others. */
export interface Condition {
  claim: string;
  wanted: string[];
  isPattern: boolean;
}

/** A condition beside what the token says, which is undefined when it lacks the claim. */
export interface Comparison extends Condition {
  said: string | undefined;
  isMet: boolean;
}

const command = "`terraform -chdir=oidc output -json trust`";
const takeAnew = `take what ${command} prints`;

/**
 * The statements of a role, each with its conditions, all of which a token must meet. `text` is what the output `trust` of
 * oidc/ holds. Throws one sentence when it is something else, or does not know the role.
 */
export function readTrust(text: string, role: string): Condition[][] {
  const trust = parse(text);
  if (!isObject(trust)) throw new Error(`TRUST must be the JSON that ${command} prints.`);
  const statements = trust[role];
  if (statements === undefined) {
    const known = Object.keys(trust).join(", ");
    throw new Error(
      `TRUST knows no role ${role}, but ${known}: name its stage in oidc/terraform.tfvars, apply oidc/, and ${takeAnew}.`,
    );
  }
  const conditions = isObject(statements) ? Object.values(statements).map(readStatement) : [];
  // A statement without a claim would let everybody in.
  const isEmpty = conditions.length === 0 || conditions.some((each) => each.length === 0);
  if (isEmpty) throw new Error(`TRUST has no claims for ${role}: ${takeAnew}.`);
  return conditions;
}

/**
 * Compares as AWS does: letter case counts, one of several values is enough, and a claim that the token lacks meets nothing.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function compareClaims(conditions: Condition[], claims: Claims): Comparison[] {
  return conditions.map((condition) => {
    const value = claims[condition.claim];
    const said =
      value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
    const fits = (wanted: string) =>
      said !== undefined && (condition.isPattern ? isLike(said, wanted) : said === wanted);
    return { ...condition, said, isMet: condition.wanted.some(fits) };
  });
}

/** One statement that is met opens the role; of those that are not, the one that the fewest claims keep shut. */
export function nearestStatement(statements: Condition[][], claims: Claims): Comparison[] {
  const unmet = (comparisons: Comparison[]) => comparisons.filter(({ isMet }) => !isMet).length;
  const [nearest = []] = statements
    .map((conditions) => compareClaims(conditions, claims))
    .sort((a, b) => unmet(a) - unmet(b));
  return nearest;
}

/** `{StringEquals: {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}`, with the issuer as a claim too. */
function readStatement(statement: unknown): Condition[] {
  const conditions = Object.entries(isObject(statement) ? statement : {}).flatMap(([operator, keys]) => {
    if (operator !== "StringEquals" && operator !== "StringLike") {
      throw new Error(
        `TRUST compares with ${operator}, which this script does not know: use StringEquals or StringLike.`,
      );
    }
    return Object.entries(isObject(keys) ? keys : {}).map(([key, value]) =>
      readCondition(key, value, operator === "StringLike"),
    );
  });
  const issuers = [...new Set(conditions.map(({ issuer }) => issuer))].map((issuer) => ({
    claim: "iss",
    wanted: [issuer],
    isPattern: false,
  }));
  return [...issuers, ...conditions.map(({ condition }) => condition)];
}

function readCondition(key: string, value: unknown, isPattern: boolean): { issuer: string; condition: Condition } {
  const [, provider, claim] = /^(.+):(\w+)$/.exec(key) ?? [];
  const wanted = [value].flat().filter((each) => typeof each === "string");
  if (provider === undefined || claim === undefined || wanted.length === 0) {
    throw new Error(`TRUST has no claim and value in ${key}: ${takeAnew}.`);
  }
  return { issuer: `https://${provider}`, condition: { claim, wanted, isPattern } };
}

function isLike(text: string, pattern: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "s").test(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
