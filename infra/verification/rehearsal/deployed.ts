import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { unzipSync } from "fflate";
import pLimit from "p-limit";
import { jwtAuthorizer } from "../../local/gateway/authorizer.ts";
import type { Route } from "../../local/gateway/gateway.ts";
import { runInThread, type RunningFunction } from "../../local/runtime/runner.ts";
import { makeUserPool } from "../../local/sign-in/tokens.ts";
import { succeed, variablesOf } from "./aws.ts";
import type { Invoke } from "./gate/repairs/lambda.ts";
import type { Rehearsal } from "./setting.ts";

export type DeployedApi = Awaited<ReturnType<typeof readDeployedApi>>;

type Integration = Record<"integrationId" | "integrationUri" | "payloadFormatVersion", string>;
interface DeployedRoute {
  routeKey: string;
  target: string;
  authorizationType: string;
  authorizerId?: string;
  authorizationScopes?: string[] | null;
}
interface Authorizer {
  authorizerType: string;
  identitySource: string[];
  jwtConfiguration?: { issuer?: string; audience?: string[] };
}

/** moto serves one request at a time: with more calls at once the last would wait too long. */
const callsAtOnce = 4;
const times = 20;

/**
 * Reads a stage's HTTP API from AWS, so that the local gateway serves exactly what is deployed: each call gets the version
 * that the alias chooses at that time, which runs under its role's credentials.
 */
export async function readDeployedApi(rehearsal: Rehearsal) {
  const { gate, operate, names } = rehearsal;
  const read = async <Read>(call: string) => JSON.parse(await succeed(operate, call)) as Read;
  const readItems = async <Item>(path: string) => (await read<{ items: Item[] }>(`apigateway GET ${path}`)).items;
  const apis = await readItems<Record<"apiId" | "name", string>>("/v2/apis");
  const { apiId = "" } = apis.find(({ name }) => name === names.its) ?? {};
  const api = `/v2/apis/${apiId}`;
  const integrations = await readItems<Integration>(`${api}/integrations`);
  const deployedRoutes = await readItems<DeployedRoute>(`${api}/routes`);
  const { authorizerId } = deployedRoutes.find(({ authorizationType }) => authorizationType !== "NONE") ?? {};
  const pool =
    authorizerId === undefined
      ? undefined
      : await poolOf(await read<Authorizer>(`apigateway GET ${api}/authorizers/${authorizerId}`));

  const versions = new Map<string, Promise<RunningFunction>>();
  const counts = new Map<string, number>();
  const versionNow = (functionName: string, alias: string) => {
    const { FunctionVersion, RoutingConfig } = gate.aliasOf(functionName, alias) ?? {};
    if (FunctionVersion === undefined) throw new Error(`${functionName} has no alias ${alias}.`);
    const [trial = "", weight = 0] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {})[0] ?? [];
    const count = (counts.get(functionName) ?? 0) + 1;
    counts.set(functionName, count);
    // In turns, not at random as Lambda does: of ten calls a weight of 0.1 gets one.
    return Math.floor(count * weight) > Math.floor((count - 1) * weight) ? trial : FunctionVersion;
  };
  const start = async (functionName: string, version: string) => {
    const path = `/2015-03-31/functions/${functionName}/configuration?Qualifier=${version}`;
    return startDeployed(await read<FunctionConfiguration>(`lambda GET ${path}`), rehearsal);
  };
  const inTurn = pLimit(callsAtOnce);
  const invoke: Invoke = (functionName, qualifier, event) =>
    inTurn(async () => {
      const version = /^\d+$/.test(qualifier) ? qualifier : versionNow(functionName, qualifier);
      const key = `${functionName}:${version}`;
      const running = versions.get(key) ?? start(functionName, version);
      versions.set(key, running);
      return (await running).invoke(event);
    });

  const routeOf = (route: DeployedRoute): Route => {
    const { routeKey, target, authorizationType } = route;
    const isGuarded = authorizationType !== "NONE";
    if (isGuarded && (authorizationType !== "JWT" || route.authorizerId !== authorizerId))
      throw new Error(`${routeKey} must have the authorizer that the other routes have.`);
    const integration = integrations.find(({ integrationId }) => target === `integrations/${integrationId}`);
    const { functionName, alias } = integratedFunction(integration);
    const place = `${apiId}/${names.stage}/${routeKey.replace(" ", "")}`;
    const sourceArn = `arn:aws:execute-api:${names.region}:${names.accountId}:${place}`;
    return {
      routeKey,
      ...(isGuarded && pool && { authorizer: jwtAuthorizer(pool), scopes: route.authorizationScopes ?? [] }),
      async invoke(event) {
        const service = "apigateway.amazonaws.com";
        const denial = await gate.invokeDenial({ service, functionName, alias, sourceArn });
        if (denial !== undefined) throw new Error(denial);
        return invoke(functionName, alias, event);
      },
    };
  };
  return {
    routes: deployedRoutes.map(routeOf),
    /** With sign-in on: issues the tokens that the authorizer requires, with its own keys. */
    pool,
    invoke,
    stop: async () => {
      await Promise.allSettled([...versions.values()].map(async (running) => (await running).stop()));
    },
  };
}

/** Replaces the named issuer, whose keys no one here has. */
async function poolOf({ authorizerType, identitySource, jwtConfiguration = {} }: Authorizer) {
  const { issuer, audience: [clientId = ""] = [] } = jwtConfiguration;
  if (authorizerType !== "JWT" || issuer === undefined || identitySource.join() !== "$request.header.Authorization")
    throw new Error("The authorizer must accept JWTs of an issuer, from the header Authorization only.");
  return makeUserPool({ issuer, clientId });
}

function integratedFunction({ integrationUri = "", payloadFormatVersion = "" }: Partial<Integration> = {}) {
  const [, functionName, alias] = /:function:([^:/]+):([^:/]+)(?:\/invocations)?$/.exec(integrationUri) ?? [];
  if (functionName === undefined || alias === undefined)
    throw new Error(`An integration must lead to a function's alias, not to ${integrationUri}.`);
  if (payloadFormatVersion !== "2.0")
    throw new Error(`${functionName}: the integration must have payload format 2.0, not ${payloadFormatVersion}.`);
  return { functionName, alias };
}

async function startDeployed(configuration: FunctionConfiguration, { gate, names, scratchPath }: Rehearsal) {
  const { FunctionName: name = "", Handler = "", Role = "", CodeSha256 = "" } = configuration;
  const zip = gate.zipOf(CodeSha256);
  if (!zip) throw new Error(`${name}: no zip was uploaded with the CodeSha256 ${CodeSha256}.`);
  const folder = join(scratchPath, "zips", Buffer.from(CodeSha256, "base64").toString("hex"));
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(folder, file), bytes);
  const [file = "", exportName = ""] = Handler.split(".");
  // Loads the clock, then what Lambda would load.
  const [clock, withClock] = [new URL("clock.js", import.meta.url).href, join(folder, "with-clock.mjs")];
  writeFileSync(withClock, `import ${JSON.stringify(clock)};\nexport * from "./${file}.mjs";\n`);
  return runInThread(withClock, {
    name,
    memory_mb: configuration.MemorySize ?? 0,
    timeout_s: (configuration.Timeout ?? 0) * times,
    exportName,
    environment: {
      ...configuration.Environment?.Variables,
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand", // so that functions prime, under their own roles
      AWS_LAMBDA_LOG_LEVEL: "ERROR", // no line for each request among the steps
      AWS_REGION: names.region,
      AWS_ENDPOINT_URL_DYNAMODB: gate.url,
      AWS_ENDPOINT_URL_REKOGNITION: gate.url,
      AWS_ENDPOINT_URL_S3: gate.url,
      ...variablesOf(await gate.credentialsFor(Role)),
    },
  });
}
