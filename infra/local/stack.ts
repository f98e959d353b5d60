import { startImages, type ImagesOptions } from "./bucket/images.ts";
import { startDatabase } from "./database/database.ts";
import { jwtAuthorizer } from "./gateway/authorizer.ts";
import { startGateway, type GatewayOptions } from "./gateway/gateway.ts";
import type { RunningFunctions } from "./runtime/running-functions.ts";
import { tokenEndpoint } from "./sign-in/token-endpoint.ts";
import type { UserPool } from "./sign-in/tokens.ts";

export type Environment = Record<string, string>;

export interface StackOptions extends Omit<ImagesOptions, "path">, Partial<Omit<GatewayOptions, "routes">> {
  data?: string | undefined;
  run: (environment: Environment) => RunningFunctions | Promise<RunningFunctions>;
  pool?: UserPool | undefined;
  /** Added to the functions' environment; overrides the services' URLs. */
  environment?: Environment;
  /** Starts a proxy between the functions and the services: gets the services' URLs, returns its own. */
  between?: (services: Environment) => Promise<{ environment: Environment; stop: () => Promise<void> }>;
}

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Stops what it has started if one of them fails to start. */
export async function startStack(options: StackOptions) {
  const { data, run, pool, stage = "prod", port = 0, corsOrigins = [], log = () => undefined } = options;
  const uploadOrigins = [...corsOrigins];
  const started: { stop: () => Promise<void> }[] = [];
  const track = <Part extends { stop: () => Promise<void> }>(part: Part): Part => {
    started.push(part);
    return part;
  };
  const stop = async () => {
    while (started.length > 0) await started.pop()?.stop();
  };
  try {
    const database = track(await startDatabase(data));
    const images = track(await startImages({ ...options, path: data, corsOrigins: uploadOrigins }));
    const services = { ...database.environment, ...images.environment };
    const between = options.between && track(await options.between(services));
    const auth = { AUTH: pool ? "jwt" : "off" };
    const functions = track(await run({ ...services, ...between?.environment, ...auth, ...options.environment }));
    const events = track(images.deliverTo(functions));
    const authorizer = pool && jwtAuthorizer(pool);
    const tokens = pool && tokenEndpoint(pool);
    const gateway = track(
      await startGateway({
        stage,
        port,
        corsOrigins,
        log,
        routes: async () =>
          (await functions.routes()).map((route) => ({ ...route, ...(authorizer && { authorizer }) })),
        fallback: async (request) => (await options.fallback?.(request)) ?? (await tokens?.(request)),
      }),
    );
    const { port: own } = new URL(gateway.url);
    uploadOrigins.push(...["localhost", "127.0.0.1", "[::1]"].map((host) => `http://${host}:${own}`)); // for /docs
    return { url: gateway.url, database, images, functions, events, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
