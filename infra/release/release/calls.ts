import { randomUUID } from "node:crypto";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { functionOf, type Routes } from "../_shared/outputs.ts";
import { tryOnce } from "../smoke-test/checks.ts";
import { byInvoking, invokeRoute, type Target } from "../smoke-test/invoke.ts";
import { describe } from "../smoke-test/request.ts";

/** The versions to call: of each function, by its name. */
export interface Called {
  versions: Map<string, string>;
  routes: Routes;
  isSignedIn: boolean;
}

/**
 * Calls these versions whatever callers get: makes the smoke test's checks, and knocks at every route with an id that
 * nobody has made, which changes nothing and is answered after the database was asked. A function without a route is
 * not called. Throws at the first call that fails; gives how many were answered.
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
  const checked = await tryOnce(byInvoking(client, targetOf, isSignedIn), isSignedIn, stop);
  for (const routeKey of Object.keys(routes)) await knock(client, routeKey, targetOf(routeKey), isSignedIn, stop);
  return checked + Object.keys(routes).length;
}

/** A refusal is an answer; an error of ours is none. */
async function knock(
  client: LambdaClient,
  routeKey: string,
  target: Target,
  isSignedIn: boolean,
  stop: AbortSignal,
): Promise<void> {
  const pathParameters = Object.fromEntries(
    [...routeKey.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, randomUUID()]),
  );
  const body = /^(GET|DELETE) /.test(routeKey) ? {} : { body: "{}" };
  const answer = await invokeRoute(
    client,
    target,
    { routeKey, pathParameters, ...body },
    { isSignedIn, timeout_ms: 15_000, stop },
  );
  if (answer.status !== undefined && answer.status < 500) return;
  throw new Error(
    `${routeKey} (${target.functionName}:${target.qualifier}) should be answered, and be it with a refusal, and gave ${describe(answer)}.`,
  );
}
