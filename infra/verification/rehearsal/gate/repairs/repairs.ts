import { detectLabels } from "../../../../local/bucket/labels.ts";
import { jsonOf, operationOf, type Fields, type ServiceAnswer, type ServiceRequest } from "../service-request.ts";
import { budgetsRepair, dynamodbRepair, logsRepair } from "./descriptions.ts";
import { lambdaRepair } from "./lambda.ts";
import { s3Repair } from "./s3.ts";

export type Repair = (request: ServiceRequest, pass: () => Promise<ServiceAnswer>) => Promise<ServiceAnswer>;

export type Invoke = (call: {
  functionName: string;
  qualifier: string | undefined;
  payload: Buffer;
}) => Promise<{ payload: Buffer; isError: boolean }>;

export type InvokerOf = (functionName: string) => Invoke | undefined;

export interface Repairs {
  repair: Repair;
  zipOf: (codeSha256: string) => Uint8Array | undefined;
  aliasOf: (region: string, functionName: string, alias: string) => Fields | undefined;
  /** What an alias's asynchronous calls come to when they fail, as it was sent to Lambda. */
  invokeConfigOf: (functionName: string, qualifier: string) => Fields | undefined;
  bucketPolicyOf: (bucket: string) => string | undefined;
  notificationOf: (bucket: string) => string | undefined;
}

/** What moto 5.2.1 gets wrong for this project, put right; each part says what it is about. */
export function makeRepairs(
  invokerOf: InvokerOf,
  readObject: (bucket: string, key: string) => Promise<Buffer | undefined>,
): Repairs {
  const lambda = lambdaRepair(invokerOf);
  const s3 = s3Repair();
  const repairs: Record<string, Repair> = {
    budgets: budgetsRepair(),
    dynamodb: dynamodbRepair(),
    lambda: lambda.repair,
    logs: logsRepair(),
    s3: s3.repair,
    /** moto says the same of every image, also of one that is none: what labels images in the local run stands in its place. */
    async rekognition(request, pass) {
      if (operationOf(request) !== "DetectLabels") return pass();
      const input = jsonOf(request) as { Image?: { S3Object?: { Bucket?: string; Name?: string } } };
      const { Bucket = "", Name = "" } = input.Image?.S3Object ?? {};
      return detectLabels(input, await readObject(Bucket, Name));
    },
  };
  return { ...lambda, ...s3, repair: (request, pass) => repairs[request.service]?.(request, pass) ?? pass() };
}
