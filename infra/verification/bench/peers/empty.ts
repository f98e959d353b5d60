import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** The floor: what Node itself takes. */
export function handler({ routeKey }: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  return Promise.resolve({
    statusCode: routeKey === "POST /events" ? 201 : 200,
    headers: { "content-type": "application/json" },
    body: "{}",
  });
}
