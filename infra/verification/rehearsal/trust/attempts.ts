import type { AwsCaller } from "../aws.ts";
import { expectNone } from "../steps.ts";

/** One line each: the attempt, its call as requestOf takes it, and the input. */
export type Attempt = [what: string, call: string, input?: object | string];

/** Throws the attempts that are wrongly allowed or wrongly refused. */
export async function expectRefused(caller: AwsCaller, attempts: Attempt[], isRefused = true): Promise<string> {
  const wrong: string[] = [];
  for (const [what, call, input] of attempts) {
    const { status, body } = await caller(call, input);
    if ((status === 403) !== isRefused) wrong.push(`${what}: answered ${status} ${body.slice(0, 200)}`);
  }
  expectNone(wrong, isRefused ? "Wrongly allowed" : "Wrongly refused");
  return `${attempts.length} ${isRefused ? "refused" : "allowed"}`;
}

const allow = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
export const allowAll = allow({ Action: "*", Resource: "*" });
/** Anyone may assume the role, and so may Lambda. */
export const trustAll = allow({ Action: "sts:AssumeRole", Principal: { AWS: "*", Service: "lambda.amazonaws.com" } });
