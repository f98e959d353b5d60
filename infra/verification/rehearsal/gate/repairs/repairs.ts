import { budgetsRepair } from "./budgets.ts";
import { cognitoRepair } from "./cognito.ts";
import { dynamodbRepair } from "./dynamodb.ts";
import { lambdaRepair } from "./lambda.ts";
import { logsRepair } from "./logs.ts";
import { rekognitionRepair, type ReadObject } from "./rekognition.ts";
import type { InvokerOf, Repair } from "./repair.ts";
import { s3Repair } from "./s3.ts";
import type { Fields } from "../service-request.ts";

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
export function makeRepairs(invokerOf: InvokerOf, readObject: ReadObject): Repairs {
  const lambda = lambdaRepair(invokerOf);
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
  return { ...lambda, ...s3, repair: (request, pass) => repairs[request.service]?.(request, pass) ?? pass() };
}
