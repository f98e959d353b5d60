import type { Account, Ask } from "./ask.ts";
import { jsonOf, textOf, type ServiceRequest } from "../service-request.ts";

/** Method, path after the API's version, and the action that both are. */
const operations = `
  POST /functions CreateFunction
  GET /functions ListFunctions
  GET /functions/* GetFunction
  DELETE /functions/* DeleteFunction
  PUT /functions/*/code UpdateFunctionCode
  GET /functions/*/configuration GetFunctionConfiguration
  PUT /functions/*/configuration UpdateFunctionConfiguration
  GET /functions/*/versions ListVersionsByFunction
  POST /functions/*/versions PublishVersion
  GET /functions/*/aliases ListAliases
  POST /functions/*/aliases CreateAlias
  GET /functions/*/aliases/* GetAlias
  PUT /functions/*/aliases/* UpdateAlias
  DELETE /functions/*/aliases/* DeleteAlias
  GET /functions/*/policy GetPolicy
  POST /functions/*/policy AddPermission
  DELETE /functions/*/policy/* RemovePermission
  GET /functions/*/code-signing-config GetFunctionCodeSigningConfig
  GET /functions/*/concurrency GetFunctionConcurrency
  PUT /functions/*/concurrency PutFunctionConcurrency
  DELETE /functions/*/concurrency DeleteFunctionConcurrency
  GET /functions/*/event-invoke-config GetFunctionEventInvokeConfig
  PUT /functions/*/event-invoke-config PutFunctionEventInvokeConfig
  POST /functions/*/event-invoke-config UpdateFunctionEventInvokeConfig
  DELETE /functions/*/event-invoke-config DeleteFunctionEventInvokeConfig
  GET /functions/*/url GetFunctionUrlConfig
  POST /functions/*/url CreateFunctionUrlConfig
  PUT /functions/*/url UpdateFunctionUrlConfig
  DELETE /functions/*/url DeleteFunctionUrlConfig
  POST /functions/*/invocations InvokeFunction
  GET /tags/* ListTags
  POST /tags/* TagResource
  DELETE /tags/* UntagResource`
  .trim()
  .split("\n")
  .map((line) => line.trim().split(" "));

export interface LambdaOperation {
  action: string;
  /** Without qualifier. */
  functionName: string;
  /** An alias or a version. */
  qualifier: string | undefined;
}

/** Which of Lambda's operations a request is, on which function; undefined for one that is not known. */
export function lambdaOperation({ method, path: sent, query, body }: ServiceRequest): LambdaOperation | undefined {
  const [, rest = ""] = /^\/\d{4}-\d\d-\d\d(\/.*?)\/?$/.exec(sent) ?? [];
  const pattern = rest.replace(/^(\/\w+)\/[^/]+/, "$1/*").replace(/(?<=\/(?:aliases|policy)\/)[^/]+$/, "*");
  const [, , action] = operations.find(([itsMethod, path]) => itsMethod === method && path === pattern) ?? [];
  if (action === undefined) return undefined;
  const [, , segment = "", , alias] = rest.split("/").map(decodeURIComponent);
  const inBody = action === "CreateFunction" ? textOf(jsonOf({ body })["FunctionName"]) : "";
  const [functionName = "", qualifier] = (segment || inBody)
    .replace(/^arn:aws:lambda:[^:]*:\d*:function:/, "")
    .split(":");
  return {
    action,
    functionName,
    qualifier: qualifier ?? query.get("Qualifier") ?? (action.endsWith("Alias") ? alias : undefined),
  };
}

/** What needs a permission on the version or alias, where one is named; all else on the function itself. */
const qualified = [
  "GetFunction",
  "GetFunctionConfiguration",
  "DeleteFunction",
  "InvokeFunction",
  "AddPermission",
  "RemovePermission",
  "GetPolicy",
];
const onAll = ["ListFunctions"];

export function asksOfLambda(request: ServiceRequest, { accountId }: Account): Ask[] | undefined {
  const operation = lambdaOperation(request);
  if (!operation) return undefined;
  const { action, functionName, qualifier } = operation;
  const input = jsonOf(request);
  const functionArn =
    action.endsWith("Tags") || /^(Tag|Untag)/.test(action)
      ? taggedArn(request)
      : `arn:aws:lambda:${request.region}:${accountId}:function:${functionName}`;
  const resource = onAll.includes(action)
    ? "*"
    : `${functionArn}${qualifier !== undefined && isQualified(action) ? `:${qualifier}` : ""}`;
  const context: Record<string, string[]> = {};
  if (action === "AddPermission" && input["Principal"] !== undefined)
    context["lambda:principal"] = [textOf(input["Principal"])];
  if (action.includes("FunctionUrlConfig") && input["AuthType"] !== undefined)
    context["lambda:functionurlauthtype"] = [textOf(input["AuthType"])];
  const asks: Ask[] = [{ action: `lambda:${action}`, resource, context }];
  if (action === "CreateFunction" && Object.keys(input["Tags"] ?? {}).length > 0)
    asks.push({ action: "lambda:TagResource", resource });
  if (textOf(input["Role"]) !== "") {
    const passed = { "iam:passedtoservice": ["lambda.amazonaws.com"], "iam:associatedresourcearn": [functionArn] };
    asks.push({ action: "iam:PassRole", resource: textOf(input["Role"]), context: passed });
  }
  return asks;
}

function isQualified(action: string): boolean {
  return qualified.includes(action) || action.includes("EventInvokeConfig") || action.includes("FunctionUrlConfig");
}

function taggedArn({ path }: ServiceRequest): string {
  return decodeURIComponent(path.split("/").at(-1) ?? "");
}
