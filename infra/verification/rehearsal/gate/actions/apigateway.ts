import type { Account, Ask } from "./ask.ts";
import { jsonOf, textOf, type ServiceRequest } from "../service-request.ts";

/** API Gateway's actions are HTTP methods, and its resources the paths they are sent to. */
export async function asksOfApiGateway(request: ServiceRequest, { apiName }: Account): Promise<Ask[] | undefined> {
  const { method, path, region } = request;
  const [, rest] = /^\/v2(\/(?:apis|tags)(?:\/.*)?)$/.exec(path) ?? [];
  if (rest === undefined || !["GET", "POST", "PUT", "PATCH", "DELETE"].includes(method)) return undefined;
  // Only an API itself has its name in condition keys; its routes, integrations and stages do not.
  const [isApi, id] = /^\/apis(?:\/([^/]+))?$/.exec(rest) ?? [];
  const requested = isApi === undefined || method === "GET" ? "" : textOf(jsonOf(request)["name"]);
  const found = id === undefined ? undefined : await apiName(id, region);
  const context = {
    ...(requested !== "" && { "apigateway:request/apiname": [requested] }),
    ...(found !== undefined && { "apigateway:resource/apiname": [found] }),
  };
  const resource = `arn:aws:apigateway:${region}::${rest}`;
  const asks: Ask[] = [{ action: `apigateway:${method}`, resource, context }];
  if (method !== "POST" && method !== "PATCH") return asks;
  const { tags, accessLogSettings } = jsonOf(request);
  const isStage = /\/stages(\/[^/]+)?$/.test(rest);
  if (method === "POST" && Object.keys(tags ?? {}).length > 0)
    asks.push(isStage ? tagsOfStage(resource) : tagsOfApi(region));
  // API Gateway sets the delivery of an access log up in the caller's name.
  if (isStage && accessLogSettings !== undefined) asks.push({ action: "logs:CreateLogDelivery", resource: "*" });
  return asks;
}

/**
 * A new API's tags need the method POST on all tags, and a new stage's the named action TagResource,
 * which the Service Authorization Reference does not have: so say the refusals that AWS sends.
 */
function tagsOfApi(region: string): Ask {
  const arn = encodeURIComponent(`arn:aws:apigateway:${region}::/v2/apis/`);
  return { action: "apigateway:POST", resource: `arn:aws:apigateway:${region}::/tags/${arn}*` };
}

function tagsOfStage(stages: string): Ask {
  return { action: "apigateway:TagResource", resource: stages };
}
