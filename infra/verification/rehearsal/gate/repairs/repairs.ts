import { detectLabels } from "../../../../local/bucket/labels.ts";
import { jsonOf } from "../service-request.ts";
import { budgetsRepair, dynamodbRepair, logsRepair } from "./descriptions.ts";
import { lambdaRepair } from "./lambda.ts";
import type { InvokerOf, Repair, Repairs } from "./repair.ts";
import { s3Repair } from "./s3.ts";

/** Corrections of moto 5.2.1's errors for this project; each part documents its own. */
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
    /** moto gives every file the same labels, even if it is no image: the local run's labels replace it. */
    async rekognition(request, pass) {
      if (request.operation !== "DetectLabels") return pass();
      const input = jsonOf(request) as { Image?: { S3Object?: { Bucket?: string; Name?: string } } };
      const { Bucket = "", Name = "" } = input.Image?.S3Object ?? {};
      return detectLabels(input, await readObject(Bucket, Name));
    },
  };
  return { ...lambda, ...s3, repair: (request, pass) => repairs[request.service]?.(request, pass) ?? pass() };
}
