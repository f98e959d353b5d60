import { createHash, randomUUID } from "node:crypto";
import { lambdaOperation, type LambdaOperation } from "../actions/lambda.ts";
import type { Repair, Repairs } from "./repairs.ts";
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

/** Runs a function for who invokes it through Lambda's API. */
export type Invoke = (call: {
  functionName: string;
  qualifier: string | undefined;
  payload: Buffer;
}) => Promise<{ payload: Buffer; isError: boolean }>;

/** What moto forgets of a function's configuration, by version. */
type Settings = Map<string, Fields>;

/**
 * What is repaired of Lambda: LoggingConfig and DeadLetterConfig, which moto drops; an alias's
 * RevisionId, which never changes and is not compared; the configuration of asynchronous calls, of
 * which it knows one for all aliases together, the first; the zips, of which it gives no download;
 * and Invoke, for which it wants Docker.
 */
export function lambdaRepair(
  invoke: () => Invoke | undefined,
): Pick<Repairs, "repair" | "zipOf" | "aliasOf" | "invokeConfigOf"> {
  const zips = new Map<string, Uint8Array>();
  const settings = new Map<string, Settings>();
  const aliases = new Map<string, Fields>();
  const invokeConfigs = new Map<string, Fields>();
  const repair: Repair = async (request, pass) => {
    const operation = lambdaOperation(request);
    if (!operation) return pass();
    if (operation.action.includes("Alias")) return repairAlias(request, operation, pass, aliases);
    if (operation.action === "InvokeFunction") return invokeFunction(request, operation, invoke());
    if (operation.action.endsWith("FunctionEventInvokeConfig"))
      return repairInvokeConfig(request, operation, pass, invokeConfigs);
    const answer = await pass();
    if (answer.status >= 300) return answer;
    keepZip(request, operation, zips);
    if (operation.action === "DeleteFunction" && operation.qualifier === undefined)
      settings.delete(operation.functionName);
    return repairConfiguration(request, operation, answer, settings);
  };
  return {
    repair,
    zipOf: (codeSha256) => zips.get(codeSha256),
    aliasOf: (region, functionName, alias) => aliases.get(keyOfAlias(region, functionName, alias)),
    invokeConfigOf: (functionName, qualifier) => invokeConfigs.get(`${functionName}:${qualifier}`),
  };
}

function keepZip(request: ServiceRequest, { action }: LambdaOperation, zips: Map<string, Uint8Array>): void {
  if (action !== "CreateFunction" && action !== "UpdateFunctionCode") return;
  const input = jsonOf(request);
  const zip = Buffer.from(
    textOf(action === "CreateFunction" ? (input["Code"] as Fields)["ZipFile"] : input["ZipFile"]),
    "base64",
  );
  if (zip.length > 0) zips.set(createHash("sha256").update(zip).digest("base64"), zip);
}

const latest = "$LATEST";
const configurationWrites = ["CreateFunction", "UpdateFunctionConfiguration"];
const configurationAnswers = [
  ...configurationWrites,
  "UpdateFunctionCode",
  "PublishVersion",
  "GetFunction",
  "GetFunctionConfiguration",
  "ListFunctions",
  "ListVersionsByFunction",
];

function repairConfiguration(
  request: ServiceRequest,
  { action, functionName }: LambdaOperation,
  answer: ServiceAnswer,
  settings: Map<string, Settings>,
): ServiceAnswer {
  if (!configurationAnswers.includes(action)) return answer;
  const output = jsonOf(answer);
  if (configurationWrites.includes(action)) {
    const { LoggingConfig, DeadLetterConfig } = jsonOf(request);
    const sent = {
      ...(LoggingConfig !== undefined && { LoggingConfig }),
      ...(DeadLetterConfig !== undefined && { DeadLetterConfig }),
    };
    const versions: Settings = settings.get(functionName) ?? new Map<string, Fields>();
    settings.set(functionName, versions.set(latest, { ...versions.get(latest), ...sent }));
  }
  // A version keeps what was set when it was published.
  const versions = settings.get(functionName);
  if (["CreateFunction", "UpdateFunctionCode", "PublishVersion"].includes(action))
    versions?.set(textOf(output["Version"]), versions.get(latest) ?? {});
  const isOfLatest = action === "UpdateFunctionConfiguration" || action === "UpdateFunctionCode";
  const described = [
    output,
    output["Configuration"] as Fields | undefined,
    ...listOf(output["Functions"]),
    ...listOf(output["Versions"]),
  ];
  for (const configuration of described) {
    if (configuration?.["FunctionName"] === undefined) continue;
    const name = textOf(configuration["FunctionName"]);
    const { LoggingConfig, DeadLetterConfig } =
      settings.get(name)?.get(isOfLatest ? latest : textOf(configuration["Version"])) ?? {};
    configuration["LoggingConfig"] = {
      LogFormat: "Text",
      LogGroup: `/aws/lambda/${name}`,
      ...(LoggingConfig as Fields | undefined),
    };
    if (textOf((DeadLetterConfig as Fields | undefined)?.["TargetArn"]) !== "")
      configuration["DeadLetterConfig"] = DeadLetterConfig;
  }
  return withJson(answer, output);
}

function keyOfAlias(region: string, functionName: string, alias: string): string {
  return `${region} ${functionName}:${alias}`;
}

async function repairAlias(
  request: ServiceRequest,
  operation: LambdaOperation,
  pass: () => Promise<ServiceAnswer>,
  aliases: Map<string, Fields>,
) {
  const { action, functionName, qualifier } = operation;
  const input = jsonOf(request);
  const keyOf = (alias: string) => keyOfAlias(request.region, functionName, alias);
  const key = keyOf(qualifier ?? textOf(input["Name"]));
  if (
    action === "UpdateAlias" &&
    input["RevisionId"] !== undefined &&
    input["RevisionId"] !== aliases.get(key)?.["RevisionId"]
  ) {
    return refusal(
      request,
      412,
      "PreconditionFailedException",
      "The RevisionId provided does not match the latest RevisionId for the alias. Call the GetAlias API to retrieve the latest RevisionId.",
    );
  }
  const answer = await pass();
  if (answer.status >= 300) return answer;
  if (action === "DeleteAlias") {
    aliases.delete(key);
    return answer;
  }
  const output = jsonOf(answer);
  if (action !== "GetAlias" && action !== "ListAliases") aliases.set(key, { ...output, RevisionId: randomUUID() });
  for (const alias of [output, ...listOf(output["Aliases"])]) {
    if (alias["Name"] !== undefined) alias["RevisionId"] = aliases.get(keyOf(textOf(alias["Name"])))?.["RevisionId"];
  }
  return { ...withJson(answer, output), status: action === "CreateAlias" ? 201 : 200 };
}

async function repairInvokeConfig(
  request: ServiceRequest,
  operation: LambdaOperation,
  pass: () => Promise<ServiceAnswer>,
  invokeConfigs: Map<string, Fields>,
) {
  const { action, functionName, qualifier = latest } = operation;
  const key = `${functionName}:${qualifier}`;
  const answer = await pass();
  if (answer.status >= 300) return answer;
  if (action === "PutFunctionEventInvokeConfig") invokeConfigs.set(key, jsonOf(request));
  if (action === "DeleteFunctionEventInvokeConfig") invokeConfigs.delete(key);
  return action === "DeleteFunctionEventInvokeConfig"
    ? answer
    : withJson(answer, { ...jsonOf(answer), ...invokeConfigs.get(key) });
}

async function invokeFunction(
  request: ServiceRequest,
  { functionName, qualifier }: LambdaOperation,
  invoke: Invoke | undefined,
): Promise<ServiceAnswer> {
  if (!invoke)
    return refusal(
      request,
      400,
      "NotImplementedInEmulator",
      `Nothing runs ${functionName} here: give the gate an invoke handler.`,
    );
  const { payload, isError } = await invoke({ functionName, qualifier, payload: request.body });
  const isAsynchronous = request.headers["x-amz-invocation-type"]?.[0] === "Event";
  if (isAsynchronous) return { status: 202, headers: [], body: Buffer.alloc(0) };
  return {
    status: 200,
    headers: [
      ["content-type", "application/json"],
      ...(isError ? [["x-amz-function-error", "Unhandled"] as [string, string]] : []),
    ],
    body: payload,
  };
}
