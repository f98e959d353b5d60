import { isObject } from "./json.ts";

/**
 * The values that `terraform output -json` prints, by name: undefined where Terraform has printed none,
 * or null. Throws, with the line to type, where the text is something else.
 */
export function readOutputs(text: string, usage: string): Record<string, unknown> {
  const outputs = parse(text);
  if (!isObject(outputs)) throw new Error(`What came in is not what terraform output -json prints. This is how: ${usage}`);
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, isObject(output) ? (output["value"] ?? undefined) : undefined]));
}

/** Undefined for what is not JSON: JSON.parse's own message quotes the outputs. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
