import { jwtAuthorizer } from "../gateway/authorizer.ts";
import type { GatewayOptions } from "../gateway/gateway.ts";
import type { RunningFunctions } from "../runtime/running-functions.ts";
import { tokenEndpoint } from "./token-endpoint.ts";
import type { UserPool } from "./tokens.ts";

/** For the gateway: functions that ask for a token of this pool, and where to get one. Without a pool they ask for none. */
export function guard(
  functions: RunningFunctions,
  pool: UserPool | undefined,
): Pick<GatewayOptions, "routes" | "elsewhere"> {
  if (!pool) return { routes: () => functions.routes() };
  const authorizer = jwtAuthorizer(pool);
  return {
    routes: async () => (await functions.routes()).map((route) => ({ ...route, authorizer })),
    elsewhere: tokenEndpoint(pool),
  };
}
