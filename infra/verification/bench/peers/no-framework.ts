import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { createEvent, getEvent } from "./events.ts";

/** Our code without our special client and bundles. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { status, headers, body } =
    event.routeKey === "POST /events"
      ? await createEvent(JSON.parse(event.body ?? ""))
      : await getEvent(event.pathParameters?.["id"]);
  return {
    statusCode: status,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
