import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { toItem, type Item } from "../../../functions/_shared/stored-event.ts";
import { toEvent } from "../../local/gateway/gateway-event.ts";

export const operations = ["create", "get"] as const;
export type Operation = (typeof operations)[number];

/** A typical event: about 500 bytes with a small payload. */
const content = {
  type: "workshop",
  title: "Workshop 2026",
  description:
    "Hands-on coding workshop: bring a laptop, an idea and an hour. We build a small API and take it to production.",
  date: "2026-12-20T18:00:00+08:00",
  location: "Online",
  capacity: 100,
  organizer: "Dev Community",
  status: "published",
  payload: { key: "value", tags: ["serverless", "typescript"], seats: { reserved: 12, free: 88 } },
} as const;

const stored = {
  id: "stored",
  ...content,
  createdAt: "2026-03-15T18:00:00.000Z",
  updatedAt: "2026-03-15T18:00:00.000Z",
  version: 1,
};

/** The stub's item, under any id. */
export const storedItem: Item = toItem(
  { ...stored, incarnation: "0197f1d2-2c1e-7d5c-8f3a-5d8a6c1b2e4f" },
  stored,
  "KLKbYnQMwIdFTIB=",
  1,
);

export interface Exchange {
  event: APIGatewayProxyEventV2;
  status: number;
  /** What the answer's body must include. */
  body?: object;
}

/** The timed requests. */
export const exchanges: Record<Operation, Exchange> = {
  create: { event: eventOf("POST /events", content), status: 201, body: { ...content, version: 1 } },
  get: { event: eventOf("GET /events/{id}", undefined, "stored"), status: 200, body: stored },
};

/** Checked before a variant is timed. The stub has no event `unknown`, and refuses a put with the id `taken`. */
export const checks: [Operation, Exchange][] = [
  ["create", exchanges.create],
  ["create", { event: eventOf("POST /events", { titel: "Workshop", capacity: 0 }), status: 400 }],
  ["create", { event: eventOf("POST /events", { ...content, id: "taken" }), status: 409 }],
  ["get", exchanges.get],
  ["get", { event: eventOf("GET /events/{id}", undefined, "unknown"), status: 404 }],
];

/** Of the stage $default, because frameworks match the path, which then has no stage in it. */
function eventOf(routeKey: string, body?: object, id?: string): APIGatewayProxyEventV2 {
  const [method = "", pattern = ""] = routeKey.split(" ");
  const rawPath = pattern.replace("{id}", id ?? "");
  const request = {
    method,
    url: rawPath,
    httpVersion: "1.1",
    headersDistinct: {
      accept: ["*/*"],
      ...(body && { "content-type": ["application/json"] }),
      host: ["a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"],
      "user-agent": ["curl/8.5.0"],
    },
    socket: { remoteAddress: "203.0.113.7", localPort: 443 },
  } as unknown as IncomingMessage; // the part that toEvent reads
  return toEvent(request, Buffer.from(body ? JSON.stringify(body) : ""), {
    routeKey,
    stage: "$default",
    rawPath,
    pathParameters: id === undefined ? undefined : { id },
    authorizer: undefined,
    requestId: "JKJaXmPLvHcESHA=",
    now: new Date("2026-03-15T18:00:00Z"),
  });
}
