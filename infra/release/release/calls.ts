import { randomUUID } from "node:crypto";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { functionOf, type Routes } from "../_shared/outputs.ts";
import { tryOnce } from "../smoke-test/checks.ts";
import { byInvoking, type Target } from "../smoke-test/invoke.ts";
import { describe } from "../smoke-test/request.ts";

export interface Called {
  versions: Map<string, string>;
  routes: Routes;
  isSignedIn: boolean;
}

/**
 * Calls these versions whatever callers get: makes the smoke test's checks, and knocks at every route with an id that
 * nobody has made, which changes nothing and is answered after the database was asked. Throws at the first call that
 * fails; gives how many were answered.
 */
export async function callVersions(
  client: LambdaClient,
  { versions, routes, isSignedIn }: Called,
  stop: AbortSignal,
): Promise<number> {
  const targetOf = (routeKey: string): Target => {
    const functionName = functionOf(routes, routeKey);
    const qualifier = versions.get(functionName);
    if (qualifier === undefined)
      throw new Error(`The output function_names must have ${functionName}, which answers ${routeKey}.`);
    return { functionName, qualifier };
  };
  const way = byInvoking(client, targetOf, isSignedIn);
  const checked = await tryOnce(way, isSignedIn, stop);
  for (const routeKey of Object.keys(routes)) {
    const names = [...routeKey.matchAll(/\{(\w+)\}/g)];
    const pathParameters = Object.fromEntries(names.map(([, name = ""]) => [name, randomUUID()]));
    const body = /^(GET|DELETE) /.test(routeKey) ? {} : { body: {} };
    const answer = await way.send({ routeKey, pathParameters, ...body }, 15_000, stop);
    if (answer.status !== undefined && answer.status < 500) continue; // a refusal is an answer; an error of ours is none
    const { functionName, qualifier } = targetOf(routeKey);
    throw new Error(
      `${routeKey} (${functionName}:${qualifier}) should be answered, and be it with a refusal, and gave ${describe(answer)}.`,
    );
  }
  return checked + Object.keys(routes).length;
}
