import type { HttpAnswer } from "../../../../local/gateway/gateway-answer.ts";
import type { Fields, ServiceRequest } from "../service-request.ts";

export type Repair = (request: ServiceRequest, pass: () => Promise<HttpAnswer>) => Promise<HttpAnswer>;

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
  /** An alias's configuration for failed asynchronous calls, as sent to Lambda. */
  invokeConfigOf: (functionName: string, qualifier: string) => Fields | undefined;
  bucketPolicyOf: (bucket: string) => string | undefined;
  notificationOf: (bucket: string) => string | undefined;
}
