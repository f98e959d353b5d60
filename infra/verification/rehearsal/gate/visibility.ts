import type { Ask } from "./actions/ask.ts";
import { lambdaOperation } from "./actions/lambda.ts";
import { s3Place } from "./actions/s3.ts";
import { accessDenied, jsonOf, withJson, type ServiceAnswer, type ServiceRequest } from "./service-request.ts";

/**
 * What an answer does not say to who lacks a second permission: S3 answers 403, not 404, for a
 * missing object to who may not list its bucket, and Lambda leaves a function's tags out for who may
 * not list them, after which Terraform would plan to add them for ever.
 */
export async function hide(
  request: ServiceRequest,
  answer: ServiceAnswer,
  may: (ask: Ask) => Promise<boolean>,
): Promise<ServiceAnswer> {
  const { bucket, key } = s3Place(request);
  if (
    request.service === "s3" &&
    answer.status === 404 &&
    bucket !== undefined &&
    key !== undefined &&
    request.method !== "DELETE"
  ) {
    const ask = { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}`, context: { "s3:prefix": [key] } };
    if (!(await may(ask)))
      return accessDenied(request, `Whether ${key} exists is for those who may s3:ListBucket on ${bucket}.`);
  }
  if (request.service === "lambda" && answer.status === 200 && lambdaOperation(request)?.action === "GetFunction") {
    const { Tags, ...rest } = jsonOf(answer);
    const resource = String((rest["Configuration"] as { FunctionArn?: unknown }).FunctionArn)
      .split(":")
      .slice(0, 7)
      .join(":");
    if (Tags !== undefined && !(await may({ action: "lambda:ListTags", resource }))) return withJson(answer, rest);
  }
  return answer;
}
