import type { AwsCaller } from "../aws.ts";
import { expectNone } from "../steps.ts";

type Attempt = Record<"line" | "title" | "call", string>;
type Values = Record<string, string>;

export async function expectRefused(caller: AwsCaller, attempts: Attempt[], isRefused = true): Promise<string> {
  const wrong: string[] = [];
  for (const { line, call } of attempts) {
    const { status, body } = await caller(call);
    if ((status === 403) !== isRefused) wrong.push(`${line}: answered ${status} ${body.slice(0, 200)}`);
  }
  expectNone(wrong, isRefused ? "Wrongly allowed" : "Wrongly refused");
  return `${attempts.length} ${isRefused ? "refused" : "allowed"}`;
}

/** A policy as the text of a field, which a call has as JSON. */
const allow = (statement: object) =>
  JSON.stringify(JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] }));
const allowAll = allow({ Action: "*", Resource: "*" });
/** Anyone may assume the role, and so may Lambda. */
const trustAll = allow({ Action: "sts:AssumeRole", Principal: { AWS: "*", Service: "lambda.amazonaws.com" } });

/** An attempt a line: `title: ` or nothing, and a call. <its> is the `its` of `own`, and <other.its> of `other`. */
export function attemptsIn(table: string, own: Values, other: Values = {}): Attempt[] {
  const values: Values = { ...own, allowAll, trustAll };
  for (const [name, value] of Object.entries(other)) values[`other.${name}`] = value;
  const filled = table.trim().replaceAll(/<([\w.]+)>/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The table of attempts has an unknown <${name}>.`);
    return value;
  });
  return filled.split("\n").map((line) => {
    const [, title, call = ""] = /^(?:([^"{]*?): )?(.*)$/.exec(line) ?? [];
    return { line, call, title: title ?? call.split(" ").slice(0, 2).join(":") };
  });
}
