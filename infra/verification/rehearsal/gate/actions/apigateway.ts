import type { Ask } from "../iam.ts";
import { jsonOf, textOf, type ServiceRequest } from "../service-request.ts";

/**
 * API Gateway's actions are HTTP methods, and its resources are paths. Only an API itself has its name in condition
 * keys; its routes, integrations and stages do not.
 */
export function asksOfApiGateway({ method, path, region, body }: ServiceRequest): Ask[] | undefined {
  const [, place] = /^\/v2(\/(?:apis|tags)(?:\/.*)?)$/.exec(path) ?? [];
  if (place === undefined) return undefined;
  const { name, tags, accessLogSettings } = jsonOf({ body });
  const isNamed = /^\/apis(\/[^/]+)?$/.test(place) && name !== undefined;
  const context = { "apigateway:request/apiname": isNamed ? [textOf(name)] : [] };
  const prefix = `arn:aws:apigateway:${region}::`;
  const resource = `${prefix}${place}`;
  const asks: Ask[] = [{ action: `apigateway:${method}`, resource, context }];
  const isStage = /\/stages(\/[^/]+)?$/.test(place);
  // A new API's tags need the method POST on all tags, and a new stage's the named action TagResource, which the Service
  // Authorization Reference lacks: AWS's refusals show it.
  if (method === "POST" && place.startsWith("/apis") && Object.keys(tags ?? {}).length > 0)
    asks.push(
      isStage
        ? { action: "apigateway:TagResource", resource }
        : { action: "apigateway:POST", resource: `${prefix}/tags/${encodeURIComponent(`${prefix}/v2/apis/`)}*` },
    );
  // It sets up the delivery of an access log in the caller's name.
  if (isStage && accessLogSettings !== undefined) asks.push({ action: "logs:CreateLogDelivery", resource: "*" });
  return asks;
}
