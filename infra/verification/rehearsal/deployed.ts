import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import pLimit from "p-limit";
import { jwtAuthorizer } from "../../local/gateway/authorizer.ts";
import type { Route } from "../../local/gateway/gateway.ts";
import { runInThread, type RunningFunction } from "../../local/runtime/runner.ts";
import { makeUserPool, type UserPool } from "../../local/sign-in/tokens.ts";
import { callerOf, type AwsCaller } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import type { Invoke } from "./gate/repairs/repair.ts";
import type { Names } from "./names.ts";

/** What the emulated AWS does around a function, and what reads there what is deployed. */
interface Surroundings {
  gate: Gate;
  region: string;
  read: AwsCaller;
  /** Where zips are unpacked. */
  scratchPath: string;
}

export interface DeployedApi {
  apiId: string;
  routes: Route[];
  /** With sign-in on: makes tokens of the issuer and audience that the authorizer asks for, with keys of its own. */
  pool: UserPool | undefined;
  /** What Lambda's API does with the function of an alias, of a route or of none, for who may invoke it. */
  invoke: Invoke;
  stop: () => Promise<void>;
}

interface Configuration {
  Handler: string;
  Role: string;
  CodeSha256: string;
  Timeout: number;
  MemorySize: number;
  Environment?: { Variables?: Record<string, string> };
}

/** moto takes one request at a time: of more at once the last would wait too long. */
const callsAtOnce = 4;
/** Of the clock, which the function gets too. */
const times = 20;

/**
 * Reads the HTTP API of a stage back from AWS, with the route, integration, alias, version,
 * environment and zip of each function, so that the local gateway can serve what is deployed and
 * nothing else: each call gets the version that the alias gives it then, which runs under the credentials of its role.
 */
export async function readDeployedApi(
  gate: Gate,
  { project, stage, region }: Names,
  scratchPath: string,
): Promise<DeployedApi> {
  const surroundings = { gate, region, scratchPath, read: callerOf(gate.url, region, gate.operator) };
  const readItems = async (path: string) => {
    const { items } = await readJson(surroundings.read, "apigateway", path);
    return items as Record<string, unknown>[];
  };
  const name = `${project}-${stage}`;
  const api = (await readItems("/v2/apis")).find((item) => item["name"] === name);
  if (!api) throw new Error(`There is no HTTP API named ${name}.`);
  const apiId = String(api["apiId"]);
  const apiPath = `/v2/apis/${apiId}`;
  if (!(await readItems(`${apiPath}/stages`)).some(({ stageName }) => stageName === stage))
    throw new Error(`The API ${name} has no stage ${stage}.`);
  const integrations = new Map(
    (await readItems(`${apiPath}/integrations`)).map((each) => [`integrations/${String(each["integrationId"])}`, each]),
  );
  const deployedRoutes = await readItems(`${apiPath}/routes`);
  const guarded = deployedRoutes.find(({ authorizationType }) => authorizationType !== "NONE");
  const pool =
    guarded &&
    (await poolOf(
      await readJson(surroundings.read, "apigateway", `${apiPath}/authorizers/${String(guarded["authorizerId"])}`),
    ));
  const functions = new Map<string, DeployedFunction>();
  const inTurn = pLimit(callsAtOnce);
  const call = (functionName: string, qualifier: string, event: object) => {
    const itself = functions.get(functionName) ?? deployedFunction(functionName, surroundings);
    functions.set(functionName, itself);
    return inTurn(() => itself.invoke(qualifier, event));
  };
  const routes: Route[] = [];
  for (const { routeKey, target, authorizationType, authorizerId, authorizationScopes } of deployedRoutes) {
    const isGuarded = authorizationType === "JWT" && authorizerId === guarded?.["authorizerId"];
    if (authorizationType !== "NONE" && !isGuarded)
      throw new Error(`${String(routeKey)} must have the authorizer that the other routes have.`);
    const { functionName, alias } = integratedFunction(integrations.get(String(target)));
    const [method = "", path = ""] = String(routeKey).split(" ");
    const sourceArn = `arn:aws:execute-api:${region}:${gate.accountId}:${apiId}/${stage}/${method}${path}`;
    routes.push({
      routeKey: String(routeKey),
      ...(isGuarded && pool && { authorizer: jwtAuthorizer(pool), scopes: (authorizationScopes ?? []) as string[] }),
      async invoke(event) {
        const decision = await gate.mayInvoke({ service: "apigateway.amazonaws.com", functionName, alias, sourceArn });
        if (!decision.isAllowed)
          throw new Error(`${functionName}: API Gateway may not invoke ${alias} for ${sourceArn}: ${decision.reason}.`);
        return call(functionName, alias, event);
      },
    });
  }
  return {
    apiId,
    routes,
    pool,
    /** An error in the function is no error of Lambda's: it is told in the result. */
    async invoke({ functionName, qualifier = "$LATEST", payload }) {
      const answer = (result: unknown, isError: boolean) => ({ payload: Buffer.from(JSON.stringify(result)), isError });
      try {
        return answer(await call(functionName, qualifier, JSON.parse(payload.toString()) as object), false);
      } catch (error) {
        return answer({ errorType: "Error", errorMessage: String(error) }, true);
      }
    },
    stop: async () => {
      await Promise.all([...functions.values()].map((each) => each.stop()));
    },
  };
}

/** In the place of the issuer that is named there: nobody has its keys. */
async function poolOf({
  authorizerType,
  identitySource,
  jwtConfiguration,
}: Record<string, unknown>): Promise<UserPool> {
  const { issuer, audience: [clientId = ""] = [] } = (jwtConfiguration ?? {}) as {
    issuer?: string;
    audience?: string[];
  };
  const [source, ...more] = identitySource as string[];
  if (
    authorizerType !== "JWT" ||
    issuer === undefined ||
    source !== "$request.header.Authorization" ||
    more.length > 0
  ) {
    throw new Error("The authorizer must be one for JWTs of an issuer, from the header Authorization alone.");
  }
  return makeUserPool({ issuer, clientId });
}

function integratedFunction(integration: Record<string, unknown> | undefined): { functionName: string; alias: string } {
  const { integrationUri, payloadFormatVersion } = integration ?? {};
  const [, functionName, alias] = /:function:([^:/]+):([^:/]+)(?:\/invocations)?$/.exec(String(integrationUri)) ?? [];
  if (functionName === undefined || alias === undefined)
    throw new Error(`An integration must lead to a function's alias, not to ${String(integrationUri)}.`);
  if (payloadFormatVersion !== "2.0")
    throw new Error(
      `${functionName}: the integration must have payload format 2.0, not ${String(payloadFormatVersion)}.`,
    );
  return { functionName, alias };
}

interface DeployedFunction {
  /** By an alias, as it is now, or by a version. */
  invoke: (qualifier: string, event: object) => Promise<unknown>;
  stop: () => Promise<void>;
}

/** A version starts when it is called first. */
function deployedFunction(name: string, surroundings: Surroundings): DeployedFunction {
  const versions = new Map<string, Promise<RunningFunction>>();
  let calls = 0;
  const versionNow = (alias: string) => {
    const { FunctionVersion, RoutingConfig } = (surroundings.gate.aliasOf(name, alias) ?? {}) as {
      FunctionVersion?: string;
      RoutingConfig?: { AdditionalVersionWeights?: Record<string, number> } | null;
    };
    if (FunctionVersion === undefined) throw new Error(`${name} has no alias ${alias}.`);
    const [trial = "", weight = 0] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {})[0] ?? [];
    calls += 1;
    // By turns, and not by chance as Lambda does: of ten calls a weight of 0.1 gets one.
    return Math.floor(calls * weight) > Math.floor((calls - 1) * weight) ? trial : FunctionVersion;
  };
  return {
    async invoke(qualifier, event) {
      const version = /^\d+$/.test(qualifier) ? qualifier : versionNow(qualifier);
      const running = versions.get(version) ?? startDeployed(name, version, surroundings);
      versions.set(version, running);
      return (await running).invoke(event);
    },
    stop: async () => {
      await Promise.allSettled([...versions.values()].map(async (running) => (await running).stop()));
    },
  };
}

/** As Lambda starts one: the version with its settings, its zip, and its role's credentials. */
async function startDeployed(
  name: string,
  version: string,
  { gate, region, read, scratchPath }: Surroundings,
): Promise<RunningFunction> {
  const path = `/2015-03-31/functions/${name}/configuration?Qualifier=${version}`;
  const configuration = (await readJson(read, "lambda", path)) as unknown as Configuration;
  const zip = gate.zipOf(configuration.CodeSha256);
  if (!zip) throw new Error(`${name}: no zip was uploaded with the CodeSha256 ${configuration.CodeSha256}.`);
  const folder = unzip(zip, join(scratchPath, createHash("sha256").update(zip).digest("hex").slice(0, 16)));
  const [file = "", exportName = ""] = configuration.Handler.split(".");
  const { accessKeyId, secretAccessKey, sessionToken = "" } = await gate.credentialsFor(configuration.Role);
  return runInThread(withClock(folder, file), {
    name,
    memory_mb: configuration.MemorySize,
    timeout_s: configuration.Timeout * times,
    exportName,
    environment: {
      ...configuration.Environment?.Variables,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      AWS_LAMBDA_LOG_LEVEL: "ERROR", // not a line for each request among the steps
      AWS_REGION: region,
      AWS_ENDPOINT_URL_DYNAMODB: gate.url,
      AWS_ENDPOINT_URL_REKOGNITION: gate.url,
      AWS_ENDPOINT_URL_S3: gate.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
  });
}

function unzip(zip: Uint8Array, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(folder, file), bytes);
  return folder;
}

/** A module that loads the clock, and then what Lambda's Node.js runtime would: it tries these endings, in this order. */
function withClock(folder: string, file: string): string {
  const names = ["js", "mjs", "cjs"].map((ending) => `${file}.${ending}`);
  const handlers = names.find((name) => existsSync(join(folder, name))) ?? file;
  const path = join(folder, "with-clock.mjs");
  const clock = new URL("clock.js", import.meta.url).href;
  writeFileSync(path, `import ${JSON.stringify(clock)};\nexport * from ${JSON.stringify(`./${handlers}`)};\n`);
  return path;
}

async function readJson(read: AwsCaller, service: string, path: string): Promise<Record<string, unknown>> {
  const { status, body } = await read({ service, method: "GET", path });
  if (status !== 200) throw new Error(`${service} answered ${status} to GET ${path}: ${body}`);
  return JSON.parse(body) as Record<string, unknown>;
}
