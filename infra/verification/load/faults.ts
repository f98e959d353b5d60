import type { Fault, FaultyCall, FaultyDatabase } from "../../testing/faulty-database.ts";
import { pick } from "./traffic.ts";

/** How often the SDK asks DynamoDB before it gives up: `limits.attempts` of functions/_shared/table.ts. */
const attempts = 3;

/** What was injected so far. */
export interface Injected {
  /** Lasted one attempt: a caller must not notice it. */
  hiccups: number;
  /** Lasted all attempts: the caller gets 503, and for nothing else. */
  outages: number;
}

/** Lets some of the operations on these events meet a database out of order, at these rates from 0 to 1. */
export function injectFaults(
  database: FaultyDatabase,
  ids: string[],
  rates: { hiccup: number; outage: number },
): Injected {
  const injected = { hiccups: 0, outages: 0 };
  for (const id of ids) {
    /** For what is left of an operation: what its next attempts meet. */
    let planned: Fault[] = [];
    const plan = (): Fault[] => {
      const drawn = Math.random();
      if (drawn < rates.hiccup) {
        injected.hiccups += 1;
        return [pick(kinds), pass];
      }
      if (drawn < rates.hiccup + rates.outage) {
        injected.outages += 1;
        return new Array<Fault>(attempts).fill(pick(kinds));
      }
      return [pass];
    };
    database.setFault(id, (call) => {
      if (planned.length === 0) planned = plan();
      planned.shift()?.(call);
    });
  }
  return injected;
}

const pass: Fault = (call) => {
  void call.pass();
};

/** The last one has done its work before its answer is lost. */
const kinds: Fault[] = [
  ({ response }) => response.destroy(),
  (call) => {
    refuse(call, 500, "InternalServerError");
  },
  (call) => {
    refuse(call, 400, "ThrottlingException");
  },
  ({ act, response }) => {
    void act().then(() => response.destroy());
  },
];

function refuse({ response }: FaultyCall, status: number, name: string): void {
  response
    .writeHead(status)
    .end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "injected" }));
}
