import { createHash, randomUUID } from "node:crypto";
import { lambdaOperation, type LambdaOperation } from "../actions/lambda.ts";
import {
  jsonOf,
  listOf,
  refusal,
  textOf,
  withJson,
  type Fields,
  type ServiceAnswer,
  type ServiceRequest,
} from "../service-request.ts";
import type { InvokerOf, Repair } from "./repair.ts";

/** A request that is an operation of Lambda's, and what is remembered of those before it. */
type Part = (
  request: ServiceRequest,
  operation: LambdaOperation,
  pass: () => Promise<ServiceAnswer>,
) => Promise<ServiceAnswer>;

const latest = "$LATEST";

/**
 * What is repaired of Lambda: LoggingConfig, which moto drops; an alias's RevisionId, which never changes and is not
 * compared; the configuration of asynchronous calls, of which it knows one for all aliases together, the first; the
 * zips, of which it gives no download; and Invoke, for which it wants Docker.
 */
export function lambdaRepair(invokerOf: InvokerOf) {
  const zips = new Map<string, Uint8Array>();
  const aliases = new Map<string, Fields>();
  const invokeConfigs = new Map<string, Fields>();
  const configurations = configurationPart(zips);
  const aliasesPart = aliasPart(aliases);
  const invokeConfigsPart = invokeConfigPart(invokeConfigs);
  const partOf = (action: string): Part => {
    if (action.includes("Alias")) return aliasesPart;
    if (action === "InvokeFunction") return (request, operation) => invokeFunction(request, operation, invokerOf);
    return action.endsWith("FunctionEventInvokeConfig") ? invokeConfigsPart : configurations;
  };
  const repair: Repair = async (request, pass) => {
    const operation = lambdaOperation(request);
    return operation ? partOf(operation.action)(request, operation, pass) : pass();
  };
  return {
    repair,
    zipOf: (codeSha256: string) => zips.get(codeSha256),
    aliasOf: (region: string, functionName: string, alias: string) =>
      aliases.get(keyOfAlias(region, functionName, alias)),
    invokeConfigOf: (functionName: string, qualifier: string) => invokeConfigs.get(`${functionName}:${qualifier}`),
  };
}

/** A version keeps the LoggingConfig that was set when it was published. */
function configurationPart(zips: Map<string, Uint8Array>): Part {
  const logging = new Map<string, unknown>();
  return async (request, { action, functionName, qualifier }, pass) => {
    const answer = await pass();
    if (answer.status >= 300) return answer;
    const output = jsonOf(answer);
    const { LoggingConfig, ZipFile, Code } = jsonOf(request);
    if (action === "CreateFunction" || action === "UpdateFunctionCode") {
      const zip = Buffer.from(textOf(ZipFile ?? (Code as Fields | undefined)?.["ZipFile"]), "base64");
      zips.set(createHash("sha256").update(zip).digest("base64"), zip);
    }
    const keyOf = (name: string, version: string) => `${name}:${version}`;
    if (action === "DeleteFunction" && qualifier === undefined) {
      for (const key of logging.keys()) if (key.startsWith(`${functionName}:`)) logging.delete(key);
      return answer;
    }
    if (LoggingConfig !== undefined) logging.set(keyOf(functionName, latest), LoggingConfig);
    const current = logging.get(keyOf(functionName, latest));
    if (["CreateFunction", "UpdateFunctionCode", "PublishVersion"].includes(action))
      logging.set(keyOf(functionName, textOf(output["Version"])), current);
    const described = [output, output["Configuration"] as Fields | undefined, output["Functions"], output["Versions"]];
    const configurations = described
      .flat()
      .filter((each) => (each as Fields | undefined)?.["FunctionName"]) as Fields[];
    for (const configuration of configurations) {
      const name = textOf(configuration["FunctionName"]);
      const version = action.startsWith("UpdateFunction") ? latest : textOf(configuration["Version"]);
      const sent = logging.get(keyOf(name, version)) as Fields | undefined;
      configuration["LoggingConfig"] = { LogFormat: "Text", LogGroup: `/aws/lambda/${name}`, ...sent };
    }
    return configurations.length === 0 ? answer : withJson(answer, output);
  };
}

function keyOfAlias(region: string, functionName: string, alias: string): string {
  return `${region} ${functionName}:${alias}`;
}

function aliasPart(aliases: Map<string, Fields>): Part {
  return async (request, { action, functionName, qualifier }, pass) => {
    const { RevisionId: wanted, Name } = jsonOf(request);
    const keyOf = (alias: string) => keyOfAlias(request.region, functionName, alias);
    const key = keyOf(qualifier ?? textOf(Name));
    if (action === "UpdateAlias" && wanted !== undefined && wanted !== aliases.get(key)?.["RevisionId"]) {
      const message =
        "The RevisionId provided does not match the latest RevisionId for the alias. Call the GetAlias API to retrieve the latest RevisionId.";
      return refusal(request, 412, "PreconditionFailedException", message);
    }
    const answer = await pass();
    if (answer.status >= 300) return answer;
    if (action === "DeleteAlias") {
      aliases.delete(key);
      return answer;
    }
    const output = jsonOf(answer);
    if (!/^(Get|List)/.test(action)) aliases.set(key, { ...output, RevisionId: randomUUID() });
    for (const alias of [output, ...listOf(output["Aliases"])]) {
      if (alias["Name"] !== undefined) alias["RevisionId"] = aliases.get(keyOf(textOf(alias["Name"])))?.["RevisionId"];
    }
    return { ...withJson(answer, output), status: action === "CreateAlias" ? 201 : 200 };
  };
}

function invokeConfigPart(invokeConfigs: Map<string, Fields>): Part {
  return async (request, { action, functionName, qualifier = latest }, pass) => {
    const key = `${functionName}:${qualifier}`;
    const answer = await pass();
    if (answer.status >= 300) return answer;
    if (action.startsWith("Put")) invokeConfigs.set(key, jsonOf(request));
    if (!action.startsWith("Delete")) return withJson(answer, { ...jsonOf(answer), ...invokeConfigs.get(key) });
    invokeConfigs.delete(key);
    return answer;
  };
}

async function invokeFunction(
  request: ServiceRequest,
  { functionName, qualifier }: LambdaOperation,
  invokerOf: InvokerOf,
): Promise<ServiceAnswer> {
  const invoke = invokerOf(functionName);
  const noInvoker = `Nothing runs ${functionName} here: give the gate an invoke handler.`;
  if (!invoke) return refusal(request, 400, "NotImplementedInEmulator", noInvoker);
  const { payload, isError } = await invoke({ functionName, qualifier, payload: request.body });
  if (request.headers["x-amz-invocation-type"]?.[0] === "Event")
    return { status: 202, headers: [], body: Buffer.alloc(0) };
  const headers: ServiceAnswer["headers"] = [["content-type", "application/json"]];
  return {
    status: 200,
    headers: isError ? [...headers, ["x-amz-function-error", "Unhandled"]] : headers,
    body: payload,
  };
}
