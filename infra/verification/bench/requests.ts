import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { toItem, type Item } from "../../../functions/_shared/stored-event.ts";

export type Operation = "create" | "get" | "list" | "update" | "delete" | "upload";

/** An event as people send it: some 500 bytes with a small payload. */
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

/** What is in the stub's table, under whatever id it is asked for. */
export const storedItem: Item = toItem(
  { ...stored, incarnation: "0197f1d2-2c1e-7d5c-8f3a-5d8a6c1b2e4f" },
  stored,
  "KLKbYnQMwIdFTIB=",
  1,
);

export interface Exchange {
  event: APIGatewayProxyEventV2;
  status: number;
  /** What the answer's body must at least hold; absent where the bodies differ between the variants. */
  body?: object;
}

/** What is timed. */
export const exchanges: Record<Operation, Exchange> = {
  create: { event: toEvent("POST /events", { body: content }), status: 201, body: { ...content, version: 1 } },
  get: { event: toEvent("GET /events/{id}", { id: "stored" }), status: 200, body: stored },
  list: { event: toEvent("GET /events", { query: "organizer=Dev%20Community" }), status: 200 },
  update: {
    event: toEvent("PATCH /events/{id}", { id: "stored", body: { title: "Workshop", capacity: 80 } }),
    status: 200,
    body: stored,
  },
  delete: { event: toEvent("DELETE /events/{id}", { id: "stored" }), status: 204 },
  upload: {
    event: toEvent("POST /events/{id}/upload-url", {
      id: "stored",
      body: { contentType: "image/png", contentLength: 100_000 },
    }),
    status: 201,
  },
};

/** What is checked as well before a variant is timed. The stub knows no event `unknown`, and takes no other with the id `taken`. */
export const refusals: [Operation, Exchange][] = [
  ["create", { event: toEvent("POST /events", { body: { titel: "Workshop", capacity: 0 } }), status: 400 }],
  ["create", { event: toEvent("POST /events", { body: { ...content, id: "taken" } }), status: 409 }],
  ["get", { event: toEvent("GET /events/{id}", { id: "unknown" }), status: 404 }],
];

/** A create with a payload that makes the event about this large. */
export function createOf(size_bytes: number): Exchange {
  const event = { ...content, payload: { text: "x".repeat(size_bytes - JSON.stringify(content).length) } };
  return { event: toEvent("POST /events", { body: event }), status: 201, body: { ...event, version: 1 } };
}

/** An event of payload format 2.0, of the stage $default: frameworks match the path, which then has no stage in it. */
function toEvent(
  routeKey: string,
  { id, query = "", body }: { id?: string; query?: string; body?: object },
): APIGatewayProxyEventV2 {
  const [method = "", pattern = ""] = routeKey.split(" ");
  const path = pattern.replace("{id}", id ?? "");
  const text = body && JSON.stringify(body);
  const domainName = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers: {
      accept: "*/*",
      ...(text !== undefined && { "content-type": "application/json" }),
      "content-length": String(Buffer.byteLength(text ?? "")),
      host: domainName,
      "user-agent": "curl/8.5.0",
      "x-amzn-trace-id": "Root=1-65f4a1b2-0123456789abcdef01234567",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    ...(query !== "" && { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    requestContext: {
      accountId: "123456789012",
      apiId: "a1b2c3d4e5",
      domainName,
      domainPrefix: "a1b2c3d4e5",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "curl/8.5.0" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey,
      stage: "$default",
      time: "15/Mar/2026:18:00:00 +0000",
      timeEpoch: 1_773_597_600_000,
    },
    ...(id !== undefined && { pathParameters: { id } }),
    ...(text !== undefined && { body: text }),
    isBase64Encoded: false,
  };
}
