import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { truthy } from "@actions/expressions/result";
import type { Values } from "../../../../.github/tests/workflows.ts";

export type Contexts = Record<string, unknown>;

/** The state of the preceding steps or jobs: after a skipped job neither is true. No job here asks for a failure. */
interface Standing {
  success: boolean;
  failure?: boolean;
}

/** An expression ends at the first `}}` outside its string literals. */
const expressions = /\$\{\{((?:'[^']*'|[^'])*?)\}\}/g;
const onlyExpression = new RegExp(`^\\s*${expressions.source}\\s*$`);
const askingHowItStands = /\b(success|failure|always|cancelled)\s*\(/i;

/**
 * The text with each `${{ }}` replaced by its value. Throws for an invalid expression and for an unknown context;
 * an unknown property is empty, as on GitHub.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */
export function fill(text: string, contexts: Contexts): string {
  return text.replaceAll(expressions, (_whole, inside: string) => evaluate(inside, contexts).coerceString());
}

export function fillAll(texts: Values = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(String(text ?? ""), contexts)]));
}

/** The same, but if the text is a single expression, the value keeps its type: false is not "false". */
export function fillTyped(text: unknown, contexts: Contexts): unknown {
  if (typeof text !== "string") return text;
  const inside = onlyExpression.exec(text)?.[1];
  return inside === undefined
    ? fill(text, contexts)
    : (JSON.parse(JSON.stringify(evaluate(inside, contexts), data.replacer)) as unknown);
}

/**
 * Whether an `if:` holds, with or without `${{ }}` around it. Unless it calls a status function, it holds only after
 * success. Throws for an expression with text beside it, which would always be true on GitHub.
 */
export function holds(condition: string | boolean | undefined, contexts: Contexts, standing: Standing): boolean {
  if (condition === undefined) return standing.success;
  const text = String(condition); // YAML has its own true and false
  const inside = onlyExpression.exec(text)?.[1] ?? text;
  const status = { ...standing, always: true, cancelled: false };
  return (askingHowItStands.test(inside) || standing.success) && truthy(evaluate(inside, contexts, status));
}

function evaluate(expression: string, contexts: Contexts, status: Record<string, boolean> = {}) {
  const functions = Object.entries(status).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
  try {
    const { tokens } = new Lexer(expression).lex();
    const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
    const context = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
    return new Evaluator(parsed, context, new Map(functions.map((each) => [each.name, each]))).evaluate();
  } catch (error) {
    throw new Error(`\${{ ${expression.trim()} }}: ${(error as Error).message}`, { cause: error });
  }
}
