import * as sdk from "@aws-sdk/client-lambda";
import type { Ask } from "../iam.ts";
import { accountId, jsonOf, textOf, type ServiceRequest } from "../service-request.ts";

type OperationSchema = [
  kind: number,
  namespace: string,
  name: string,
  traits: { http?: [method: string, path: string] },
];

/** The operations on functions and their tags, as in AWS's own client; actions have the same names, except Invoke. */
const operations = Object.values<unknown>(sdk)
  .filter((each): each is OperationSchema => Array.isArray(each) && each[0] === 9)
  .flatMap(([, , name, { http: [itsMethod, path = ""] = [""] }]) =>
    /^\/[\d-]+\/(functions|tags)[^?]*$/.test(path)
      ? {
          action: name.replace(/^Invoke$/, "InvokeFunction"),
          itsMethod,
          path: new RegExp(`^${path.replaceAll(/\{.*?\}/g, "([^/]+)")}/?$`),
        }
      : [],
  );

/** A request's Lambda operation and function; undefined for an unknown one. */
export function lambdaOperation({ method, path: sent, query, body }: ServiceRequest) {
  const found = operations.find(({ itsMethod, path }) => itsMethod === method && path.test(sent));
  if (!found) return undefined;
  const { action, path } = found;
  const [, named, alias] = (path.exec(sent) ?? []).map(decodeURIComponent);
  const [functionName = "", qualifier] = (named ?? textOf(jsonOf({ body })["FunctionName"]))
    .replace(/^arn:aws:lambda:[^:]*:\d*:function:/, "")
    .split(":");
  const ofAlias = action.endsWith("Alias") ? alias : undefined;
  return { action, functionName, qualifier: qualifier ?? query.get("Qualifier") ?? ofAlias };
}

/** The operations that need a permission on the named version or alias; all others need one on the function. */
const qualified =
  /^(GetFunction(Configuration)?|DeleteFunction|InvokeFunction|AddPermission|RemovePermission|GetPolicy)$|EventInvokeConfig$/;

export function asksOfLambda(request: ServiceRequest): Ask[] | undefined {
  const operation = lambdaOperation(request);
  if (!operation) return undefined;
  const { action, functionName, qualifier } = operation;
  const { Principal, Tags, Role } = jsonOf(request);
  const version = qualifier !== undefined && qualified.test(action) ? `:${qualifier}` : "";
  const functionArn = `arn:aws:lambda:${request.region}:${accountId}:function:${functionName}`;
  const resource = action === "ListFunctions" ? "*" : functionArn + version;
  const context = { "lambda:principal": action === "AddPermission" ? [textOf(Principal)] : [] };
  const asks: Ask[] = [{ action: `lambda:${action}`, resource, context }];
  if (action === "CreateFunction" && Object.keys(Tags ?? {}).length > 0)
    asks.push({ action: "lambda:TagResource", resource });
  const passed = { "iam:passedtoservice": ["lambda.amazonaws.com"] };
  if (textOf(Role) !== "") asks.push({ action: "iam:PassRole", resource: textOf(Role), context: passed });
  return asks;
}
