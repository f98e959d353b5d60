import type { AwsCaller } from "../aws.ts";
import { expectNone } from "../steps.ts";

/** One line each: what is tried, the call as requestOf takes it, and what goes with it. */
export type Attempt = [what: string, call: string, input?: object | string];

/** Throws which of the attempts are not refused, or refused where they must not be. */
export async function expectRefused(caller: AwsCaller, attempts: Attempt[], isRefused = true): Promise<string> {
  const wrong: string[] = [];
  for (const [what, call, input] of attempts) {
    const { status, body } = await caller(call, input);
    if ((status === 403) !== isRefused) wrong.push(`${what}: answered ${status} ${body.slice(0, 200)}`);
  }
  expectNone(wrong, isRefused ? "It may do what it must not" : "It may not do what it must");
  return `${attempts.length} ${isRefused ? "refused" : "allowed"}`;
}

const allow = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
export const allowAll = allow({ Action: "*", Resource: "*" });
/** Whoever asks may take the role, and Lambda. */
export const trustAll = allow({ Action: "sts:AssumeRole", Principal: { AWS: "*", Service: "lambda.amazonaws.com" } });
