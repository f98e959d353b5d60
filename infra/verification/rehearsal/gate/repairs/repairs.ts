import { detectLabels, type DetectLabels } from "../../../../local/bucket/labels.ts";
import type { HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import { jsonOf, type Pass, type ServiceRequest } from "../service-request.ts";
import { budgetsRepair, dynamodbRepair, logsRepair } from "./descriptions.ts";
import { lambdaRepair, type InvokerOf } from "./lambda.ts";
import { s3Repair } from "./s3.ts";

export type Repairs = ReturnType<typeof makeRepairs>;

/** Corrections of moto 5.2.1's errors for this project; each part documents its own. */
export function makeRepairs(
  invokerOf: InvokerOf,
  readObject: (bucket: string, key: string) => Promise<Buffer | undefined>,
) {
  const lambda = lambdaRepair(invokerOf);
  const s3 = s3Repair();
  const repairs: Record<string, (request: ServiceRequest, pass: Pass) => Promise<HttpAnswer>> = {
    budgets: budgetsRepair(),
    dynamodb: dynamodbRepair(),
    lambda: lambda.repair,
    logs: logsRepair(),
    s3: s3.repair,
    /** moto gives every file the same labels, even if it is no image: the local run's labels replace it. */
    async rekognition(request, pass) {
      if (request.operation !== "DetectLabels") return pass();
      const input: DetectLabels = jsonOf(request);
      const { Bucket = "", Name = "" } = input.Image?.S3Object ?? {};
      return detectLabels(input, await readObject(Bucket, Name));
    },
  };
  const repair = (request: ServiceRequest, pass: Pass) => repairs[request.service]?.(request, pass) ?? pass();
  return { ...lambda, ...s3, repair };
}
