import { createHash, randomUUID } from "node:crypto";
import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import { lambdaOperation } from "../actions/lambda.ts";
import { jsonAnswer, jsonOf, listOf, refusal, textOf, withJson, type Fields, type Repair } from "../service-request.ts";

/** Throws what the function throws. */
export type Invoke = (functionName: string, qualifier: string, event: object) => Promise<unknown>;

/** Throws if nothing runs the function. */
export type InvokerOf = (functionName: string) => Invoke;

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

  const repair: Repair = async (request, pass) => {
    const operation = lambdaOperation(request);
    if (!operation) return pass();
    const { action, functionName, qualifier } = operation;
    const sent = jsonOf(request);
    if (action === "InvokeFunction") {
      return invokerOf(functionName)(functionName, qualifier ?? "$LATEST", sent).then(
        (result) => jsonAnswer(200, result),
        // A function's error is no error of Lambda's: the result reports it.
        (error: unknown) =>
          jsonAnswer(200, { errorType: "Error", errorMessage: String(error) }, [["x-amz-function-error", "Unhandled"]]),
      );
    }
    const { Name, RevisionId: wanted, LoggingConfig } = sent;
    const key = `${functionName}:${qualifier ?? textOf(Name)}`;
    if (action === "UpdateAlias" && wanted !== undefined && wanted !== aliases.get(key)?.RevisionId)
      return refusal(request, 412, "PreconditionFailedException", "The RevisionId is not the latest.");
    const answer = await pass();
    if (answer.status >= 300) return answer;
    const output = jsonOf(answer);

    if (action === "CreateFunction" || action === "UpdateFunctionCode") {
      const zip = Buffer.from(textOf(sent["ZipFile"] ?? (sent["Code"] as Fields | undefined)?.["ZipFile"]), "base64");
      zips.set(createHash("sha256").update(zip).digest("base64"), zip);
    }
    if (/^(Create|Update)Alias$/.test(action)) aliases.set(key, { ...output, RevisionId: randomUUID() });
    if (action.endsWith("Alias")) Object.assign(output, { RevisionId: aliases.get(key)?.RevisionId });
    if (action === "PutFunctionEventInvokeConfig") invokeConfigs.set(key, sent);
    if (action.endsWith("EventInvokeConfig")) Object.assign(output, invokeConfigs.get(key));
    if (action === "DeleteAlias") aliases.delete(key);
    if (action === "DeleteFunctionEventInvokeConfig") invokeConfigs.delete(key);
    if (LoggingConfig !== undefined) logging.set(functionName, LoggingConfig);
    for (const each of [output, output["Configuration"] as Fields | undefined, ...listOf(output["Versions"])])
      if (each?.["FunctionName"] !== undefined) each["LoggingConfig"] = logging.get(functionName);
    const status = /^(Get|Update)Alias$/.test(action) ? 200 : answer.status; // moto's is 201
    return answer.body.length === 0 ? answer : { ...withJson(answer, output), status };
  };

  return {
    repair,
    zipOf: (codeSha256: string) => zips.get(codeSha256),
    aliasOf: (functionName: string, alias: string) => aliases.get(`${functionName}:${alias}`),
    /** An alias's configuration for failed asynchronous calls, as sent to Lambda. */
    invokeConfigOf: (functionName: string, qualifier: string) => invokeConfigs.get(`${functionName}:${qualifier}`),
  };
}
