import { createHash, randomUUID } from "node:crypto";
import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import { textAnswer, type HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import { lambdaOperation, type LambdaOperation } from "../actions/lambda.ts";
import {
  jsonOf,
  listOf,
  refusal,
  textOf,
  withJson,
  type Fields,
  type Pass,
  type ServiceRequest,
} from "../service-request.ts";

export type Invoke = (call: {
  functionName: string;
  qualifier: string | undefined;
  payload: Buffer;
}) => Promise<{ payload: Buffer; isError: boolean }>;

export type InvokerOf = (functionName: string) => Invoke | undefined;

const outdated =
  "The RevisionId provided does not match the latest RevisionId for the alias. Call the GetAlias API to retrieve the latest RevisionId.";

/**
 * Repairs of Lambda: LoggingConfig, which moto drops; an alias's RevisionId, which moto never changes or compares;
 * the configuration of asynchronous calls, which moto has only once for all aliases; the zips, which moto does not
 * return; and Invoke, which needs Docker in moto.
 */
export function lambdaRepair(invokerOf: InvokerOf) {
  const zips = new Map<string, Uint8Array>();
  const logging = new Map<string, unknown>();
  const aliases = new Map<string, AliasConfiguration>();
  const invokeConfigs = new Map<string, Fields>();

  const describeLogging = (functionName: string, sent: Fields, output: Fields) => {
    if (sent["LoggingConfig"] !== undefined) logging.set(functionName, sent["LoggingConfig"]);
    const described = [output, output["Configuration"] as Fields | undefined, ...listOf(output["Versions"])];
    for (const each of described)
      if (each?.["FunctionName"] !== undefined && logging.has(functionName))
        each["LoggingConfig"] = logging.get(functionName);
  };

  const changeAlias = async (request: ServiceRequest, operation: LambdaOperation, pass: Pass): Promise<HttpAnswer> => {
    const { action, functionName, qualifier } = operation;
    const { RevisionId: wanted, Name } = jsonOf(request);
    const key = `${functionName}:${qualifier ?? textOf(Name)}`;
    if (action === "UpdateAlias" && wanted !== undefined && wanted !== aliases.get(key)?.RevisionId)
      return refusal(request, 412, "PreconditionFailedException", outdated);
    const answer = await pass();
    if (answer.status >= 300) return answer;
    if (action === "DeleteAlias") {
      aliases.delete(key);
      return answer;
    }
    const output = jsonOf(answer);
    if (action !== "GetAlias") aliases.set(key, { ...output, RevisionId: randomUUID() });
    const { RevisionId } = aliases.get(key) ?? {};
    return { ...withJson(answer, { ...output, RevisionId }), status: action === "CreateAlias" ? 201 : 200 };
  };

  const invoke = async (request: ServiceRequest, { functionName, qualifier }: LambdaOperation): Promise<HttpAnswer> => {
    const invoker = invokerOf(functionName);
    const noInvoker = `Nothing runs ${functionName} here: give the gate an invoke handler.`;
    if (!invoker) return refusal(request, 400, "NotImplementedInEmulator", noInvoker);
    const { payload, isError } = await invoker({ functionName, qualifier, payload: request.body });
    return textAnswer(200, "application/json", payload, isError ? [["x-amz-function-error", "Unhandled"]] : []);
  };

  return {
    repair: async (request: ServiceRequest, pass: Pass): Promise<HttpAnswer> => {
      const operation = lambdaOperation(request);
      if (!operation) return pass();
      const { action, functionName, qualifier } = operation;
      if (action === "InvokeFunction") return invoke(request, operation);
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
    },
    zipOf: (codeSha256: string) => zips.get(codeSha256),
    aliasOf: (functionName: string, alias: string) => aliases.get(`${functionName}:${alias}`),
    /** An alias's configuration for failed asynchronous calls, as sent to Lambda. */
    invokeConfigOf: (functionName: string, qualifier: string) => invokeConfigs.get(`${functionName}:${qualifier}`),
  };
}
