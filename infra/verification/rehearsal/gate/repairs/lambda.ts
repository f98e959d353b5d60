import { createHash, randomUUID } from "node:crypto";
import type { HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import { lambdaOperation, type LambdaOperation } from "../actions/lambda.ts";
import { jsonOf, listOf, refusal, textOf, withJson, type Fields, type ServiceRequest } from "../service-request.ts";
import type { InvokerOf, Repair, Repairs } from "./repair.ts";

/**
 * Repairs of Lambda: LoggingConfig, which moto drops; an alias's RevisionId, which moto never changes or compares;
 * the configuration of asynchronous calls, which moto has only once for all aliases; the zips, which moto does not
 * return; and Invoke, which needs Docker in moto.
 */
export function lambdaRepair(invokerOf: InvokerOf): Pick<Repairs, "repair" | "zipOf" | "aliasOf" | "invokeConfigOf"> {
  const zips = new Map<string, Uint8Array>();
  const logging = new Map<string, unknown>();
  const aliases = new Map<string, Fields>();
  const invokeConfigs = new Map<string, Fields>();
  const keyOfAlias = (region: string, functionName: string, alias: string) => `${region} ${functionName}:${alias}`;

  const describeLogging = (functionName: string, sent: Fields, output: Fields) => {
    if (sent["LoggingConfig"] !== undefined) logging.set(functionName, sent["LoggingConfig"]);
    const described = [output, output["Configuration"] as Fields | undefined, ...listOf(output["Versions"])];
    for (const each of described)
      if (each?.["FunctionName"] !== undefined && logging.has(functionName))
        each["LoggingConfig"] = logging.get(functionName);
  };

  const changeAlias = async (
    request: ServiceRequest,
    { action, functionName, qualifier }: LambdaOperation,
    pass: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> => {
    const { RevisionId: wanted, Name } = jsonOf(request);
    const key = keyOfAlias(request.region, functionName, qualifier ?? textOf(Name));
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
    if (action !== "GetAlias") aliases.set(key, { ...output, RevisionId: randomUUID() });
    const RevisionId = aliases.get(key)?.["RevisionId"];
    return { ...withJson(answer, { ...output, RevisionId }), status: action === "CreateAlias" ? 201 : 200 };
  };

  const repair: Repair = async (request, pass) => {
    const operation = lambdaOperation(request);
    if (!operation) return pass();
    const { action, functionName, qualifier } = operation;
    if (action === "InvokeFunction") return invokeFunction(request, operation, invokerOf);
    if (/^(Create|Get|Update|Delete)Alias$/.test(action)) return changeAlias(request, operation, pass);
    const answer = await pass();
    if (answer.status >= 300) return answer;
    const sent = jsonOf(request);
    if (action === "CreateFunction" || action === "UpdateFunctionCode") {
      const zip = Buffer.from(textOf(sent["ZipFile"] ?? (sent["Code"] as Fields | undefined)?.["ZipFile"]), "base64");
      zips.set(createHash("sha256").update(zip).digest("base64"), zip);
    }
    const output = jsonOf(answer);
    if (action.endsWith("FunctionEventInvokeConfig")) {
      const key = `${functionName}:${qualifier ?? "$LATEST"}`;
      if (action.startsWith("Put")) invokeConfigs.set(key, sent);
      Object.assign(output, invokeConfigs.get(key));
      if (action.startsWith("Delete")) invokeConfigs.delete(key);
    }
    describeLogging(functionName, sent, output);
    return answer.body.length === 0 ? answer : withJson(answer, output);
  };
  return {
    repair,
    zipOf: (codeSha256) => zips.get(codeSha256),
    aliasOf: (...place) => aliases.get(keyOfAlias(...place)),
    invokeConfigOf: (functionName, qualifier) => invokeConfigs.get(`${functionName}:${qualifier}`),
  };
}

async function invokeFunction(
  request: ServiceRequest,
  { functionName, qualifier }: LambdaOperation,
  invokerOf: InvokerOf,
): Promise<HttpAnswer> {
  const invoke = invokerOf(functionName);
  const noInvoker = `Nothing runs ${functionName} here: give the gate an invoke handler.`;
  if (!invoke) return refusal(request, 400, "NotImplementedInEmulator", noInvoker);
  const { payload, isError } = await invoke({ functionName, qualifier, payload: request.body });
  const failed: HttpAnswer["headers"] = isError ? [["x-amz-function-error", "Unhandled"]] : [];
  return { status: 200, headers: [["content-type", "application/json"], ...failed], body: payload };
}
