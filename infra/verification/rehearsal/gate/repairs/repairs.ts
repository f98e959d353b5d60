import { budgetsRepair } from "./budgets.ts";
import { cognitoRepair } from "./cognito.ts";
import { dynamodbRepair } from "./dynamodb.ts";
import { lambdaRepair, type Invoke } from "./lambda.ts";
import { logsRepair } from "./logs.ts";
import { rekognitionRepair, type ReadObject } from "./rekognition.ts";
import { s3Repair } from "./s3.ts";
import type { Fields, ServiceAnswer, ServiceRequest } from "../service-request.ts";

/** Answers a request that may be made, with moto's answer from `pass` or without asking moto. */
export type Repair = (request: ServiceRequest, pass: () => Promise<ServiceAnswer>) => Promise<ServiceAnswer>;

export interface Repairs {
  repair: Repair;
  /** What was uploaded, by CodeSha256. */
  zipOf: (codeSha256: string) => Uint8Array | undefined;
  /** An alias as it is now, in the form of Lambda's API. */
  aliasOf: (region: string, functionName: string, alias: string) => Fields | undefined;
  /** What an alias's asynchronous calls come to when they fail, as it was sent to Lambda. */
  invokeConfigOf: (functionName: string, qualifier: string) => Fields | undefined;
  /** The policy of a bucket, as JSON. */
  bucketPolicyOf: (bucket: string) => string | undefined;
  /** Whom a bucket tells of its objects, as XML. */
  notificationOf: (bucket: string) => string | undefined;
}

/** What moto 5.2.1 gets wrong for this project, put right; each part says what it is about. */
export function makeRepairs(invoke: () => Invoke | undefined, readObject: ReadObject): Repairs {
  const lambda = lambdaRepair(invoke);
  const s3 = s3Repair();
  const repairs: Record<string, Repair> = {
    budgets: budgetsRepair(),
    "cognito-idp": cognitoRepair(),
    dynamodb: dynamodbRepair(),
    lambda: lambda.repair,
    logs: logsRepair(),
    rekognition: rekognitionRepair(readObject),
    s3: s3.repair,
  };
  return {
    repair: (request, pass) => repairs[request.service]?.(request, pass) ?? pass(),
    zipOf: lambda.zipOf,
    aliasOf: lambda.aliasOf,
    invokeConfigOf: lambda.invokeConfigOf,
    bucketPolicyOf: s3.policyOf,
    notificationOf: s3.notificationOf,
  };
}
