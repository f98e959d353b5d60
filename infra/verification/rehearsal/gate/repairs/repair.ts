import type { ServiceAnswer, ServiceRequest } from "../service-request.ts";

/** Answers a request that may be made, with moto's answer from `pass` or without asking moto. */
export type Repair = (request: ServiceRequest, pass: () => Promise<ServiceAnswer>) => Promise<ServiceAnswer>;

/** Runs a function for who invokes it through Lambda's API. */
export type Invoke = (call: {
  functionName: string;
  qualifier: string | undefined;
  payload: Buffer;
}) => Promise<{ payload: Buffer; isError: boolean }>;

/** What runs a function of this name now, if anything does. */
export type InvokerOf = (functionName: string) => Invoke | undefined;
