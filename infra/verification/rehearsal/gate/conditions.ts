export type ConditionValue = string | boolean | number;
export type Conditions = Record<string, Record<string, ConditionValue | ConditionValue[]>>;

type Comparison = (given: string, wanted: string) => boolean;

const equalsIgnoringCase: Comparison = (given, wanted) => given.toLowerCase() === wanted.toLowerCase();

const comparisons: Record<string, Comparison> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: matchesPattern,
  ArnLike: matchesArn,
  Bool: equalsIgnoringCase,
};

/**
 * Whether all conditions of a statement hold. `context` has, in lower case, the condition keys that the request could
 * have, without a value those that it lacks; "x/" stands for all others that begin so. Throws for a key that is not in it
 * and so may be absent only here, for an operator that no policy here uses, and for a plain operator on a key with several
 * values, for which AWS's behaviour is not documented.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function matchesConditions(conditions: Conditions, context: Record<string, string[]>): boolean {
  return Object.entries(conditions).every(([operator, keys]) => {
    const [, forAll, comparison = "", ifExists] = /^(ForAllValues:)?(.*?)(IfExists)?$/.exec(operator) ?? [];
    const positive = comparison.replace(/(?<=^String|^Arn)Not/, "");
    const isNegated = positive !== comparison;
    const compare = Object.hasOwn(comparisons, positive) ? comparisons[positive] : undefined;
    if (!compare) throw new Error(`The condition operator ${operator} is not supported here.`);
    return Object.entries(keys).every(([key, value]) => {
      const name = key.toLowerCase();
      const given = context[name] ?? context[name.replace(/\/.*/, "/")];
      if (!given) throw new Error(`The gate does not know whether the request has the condition key ${key}.`);
      const wanted = [value].flat().map(String);
      if (given.length > 1 && forAll === undefined)
        throw new Error(`${operator} compares one value, and ${key} has ${given.length}.`);
      if (given.length === 0 && forAll === undefined && ifExists === undefined) return isNegated;
      return given.every((each) => wanted.some((pattern) => compare(each, pattern)) !== isNegated);
    });
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

/** Compares each of the six parts alone: a `*` in the account does not match into the resource. */
function matchesArn(given: string, wanted: string): boolean {
  const [parts, patterns] = [given, wanted].map((arn) => /^(.*?):(.*?):(.*?):(.*?):(.*?):(.*)$/s.exec(arn)?.slice(1));
  return parts?.every((part, index) => matchesPattern(part, patterns?.[index] ?? "")) ?? false;
}
