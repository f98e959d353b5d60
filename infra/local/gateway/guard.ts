import { jwtAuthorizer } from "./authorizer.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { RunningFunctions } from "../runtime/running-functions.ts";
import { tokenEndpoint } from "../sign-in/token-endpoint.ts";
import type { UserPool } from "../sign-in/tokens.ts";

/** For the gateway: functions that ask for a token of this pool, and where to get one. Without a pool they ask for none. */
export function guard(functions: RunningFunctions, pool: UserPool | undefined): Pick<GatewayOptions, "routes" | "elsewhere"> {
  if (!pool) return { routes: () => functions.routes() };
  const authorizer = jwtAuthorizer(pool);
  return {
    routes: async () => (await functions.routes()).map((route) => ({ ...route, authorizer })),
    elsewhere: tokenEndpoint(pool),
  };
}
