import { createHash, createHmac, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/**
 * The limit with a database: one request to DynamoDB, signed by hand. It validates nothing, retries
 * nothing and has no timeout, so it is no model for a function. It primes as our functions do, with one
 * harmless command of the kind that will follow.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  return event.routeKey === "POST /events" ? create(event.body ?? "") : get(event.pathParameters?.["id"] ?? "");
}

type Item = Record<string, { S: string } | { N: string } | { M: Item }>;

async function create(text: string): Promise<APIGatewayProxyStructuredResultV2> {
  const now = new Date().toISOString();
  const content = JSON.parse(text) as Record<string, unknown>;
  const { id, payload, ...event } = {
    id: randomUUID(),
    payload: {},
    ...content,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  const item = toItem({
    id,
    payload: JSON.stringify(payload),
    byStatus: `0#${String(content["status"])}`,
    byType: `0#${String(content["type"])}`,
    byOrganizer: content["organizer"],
    position: `${now}#${id}`,
  });
  await send("PutItem", {
    TableName: table,
    Item: { ...item, event: { M: toItem(event) } },
    ConditionExpression: "attribute_not_exists(id)",
  });
  return {
    statusCode: 201,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, payload, ...event }),
  };
}

async function get(id: string): Promise<APIGatewayProxyStructuredResultV2> {
  const { Item: item } = (await send("GetItem", {
    TableName: table,
    Key: { id: { S: id } },
    ConsistentRead: true,
  })) as { Item?: Item };
  return item
    ? { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(fromItem(item)) }
    : { statusCode: 404, headers: {}, body: "{}" };
}

function toItem(event: Record<string, unknown>): Item {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      typeof value === "number" ? { N: String(value) } : { S: String(value) },
    ]),
  );
}

function fromItem({ id, event, payload }: Item): Record<string, unknown> {
  return {
    id: valueOf(id),
    ...(valueOf(event) as object),
    ...(payload && { payload: JSON.parse(String(valueOf(payload))) as unknown }),
  };
}

function valueOf(attribute: Item[string] | undefined): unknown {
  if (!attribute) return undefined;
  if ("M" in attribute)
    return Object.fromEntries(Object.entries(attribute.M).map(([name, value]) => [name, valueOf(value)]));
  return "N" in attribute ? Number(attribute.N) : attribute.S;
}

const {
  TABLE_NAME: table,
  AWS_REGION: region = "",
  AWS_ACCESS_KEY_ID: keyId = "",
  AWS_SECRET_ACCESS_KEY: secret = "",
  AWS_SESSION_TOKEN: token = "",
} = process.env;
const host = `dynamodb.${region}.amazonaws.com`;
const agent = new Agent({ keepAlive: true });

async function send(operation: string, input: object): Promise<unknown> {
  const body = JSON.stringify(input);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host, agent, method: "POST", headers: sign(`DynamoDB_20120810.${operation}`, body) }, resolve)
      .on("error", reject)
      .end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  if (answer.statusCode !== 200) throw new Error(`DynamoDB answered ${operation} with ${answer.statusCode}.`);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function sign(target: string, body: string): Record<string, string> {
  const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "");
  const scope = [time.slice(0, 8), region, "dynamodb", "aws4_request"];
  const headers: Record<string, string> = {
    "content-length": String(Buffer.byteLength(body)),
    "content-type": "application/x-amz-json-1.0",
    host,
    "x-amz-date": time,
    "x-amz-security-token": token,
    "x-amz-target": target,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join("");
  const canonical = ["POST", "/", "", lines, names, sha256(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical)].join("\n");
  const key = scope.reduce<string | Buffer>(
    (from, part) => createHmac("sha256", from).update(part).digest(),
    `AWS4${secret}`,
  );
  const signature = createHmac("sha256", key).update(text).digest("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function prime(): Promise<unknown> {
  if (process.env["PRIMING"] === "off") return undefined;
  const key = { id: { S: "." } };
  return process.env["AWS_LAMBDA_FUNCTION_NAME"] === "create"
    ? send("PutItem", {
        TableName: table,
        Item: key,
        ConditionExpression: "attribute_exists(id) AND attribute_not_exists(id)",
      })
    : send("GetItem", { TableName: table, Key: key, ConsistentRead: true });
}

export const primed = prime().catch(() => undefined); // a put is refused
