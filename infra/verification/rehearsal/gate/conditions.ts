export type ConditionValue = string | boolean | number;
export type Conditions = Record<string, Record<string, ConditionValue | ConditionValue[]>>;

type Comparison = (given: string, wanted: string) => boolean;

const comparisons: Record<string, Comparison> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: matchesPattern,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
};

/**
 * Whether all conditions of a statement hold. `context` has the request's condition keys in lower
 * case; a key without a value is absent. Throws for an operator that no policy here uses, and for a plain
 * operator on a key with several values, for which AWS's behaviour is not documented.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function matchesConditions(conditions: Conditions, context: Record<string, string[]>): boolean {
  return Object.entries(conditions).every(([operator, keys]) => {
    const condition = readOperator(operator);
    return Object.entries(keys).every(([key, value]) =>
      condition(key, context[key.toLowerCase()] ?? [], [value].flat().map(String)),
    );
  });
}

/** `*` matches any text, `?` one character, everything else itself. */
export function matchesPattern(text: string, pattern: string, flags = ""): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\/-]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, `s${flags}`).test(text);
}

type Condition = (key: string, given: string[], wanted: string[]) => boolean;

function readOperator(operator: string): Condition {
  if (operator === "Null")
    return (_key, given, wanted) => wanted.some((value) => value.toLowerCase() === String(given.length === 0));
  const [, set, name = "", ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(.*?)(IfExists)?$/.exec(operator) ?? [];
  const positive = name.replace(/(?<=^String|^Arn)Not/, "");
  const isNegated = positive !== name;
  const compare = Object.hasOwn(comparisons, positive) ? comparisons[positive] : undefined;
  if (!compare) throw new Error(`The condition operator ${operator} is not supported here.`);
  return (key, given, wanted) => {
    const holds = (value: string) => wanted.some((each) => compare(value, each)) !== isNegated;
    if (given.length === 0) return ifExists !== undefined || set === "ForAllValues" || (isNegated && set === undefined);
    if (set === "ForAllValues") return given.every(holds);
    if (set === undefined && given.length > 1)
      throw new Error(`${operator} compares one value, and ${key} has ${given.length}.`);
    return given.some(holds);
  };
}

/** Compares each of the six parts alone: a `*` in the account does not match into the resource. */
function matchesArn(given: string, wanted: string): boolean {
  const [parts, patterns] = [given, wanted].map((arn) => /^(.*?):(.*?):(.*?):(.*?):(.*?):(.*)$/s.exec(arn)?.slice(1));
  return (
    patterns?.every((pattern, index) => parts !== undefined && matchesPattern(parts[index] ?? "", pattern)) ?? false
  );
}
