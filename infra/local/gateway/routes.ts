export interface Match {
  parameters: Record<string, string> | undefined;
}

/**
 * Undefined where the route does not match. `path` is decoded and without the stage.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute(routeKey: string, method: string, path: string): Match | undefined {
  const [routeMethod, routePath = ""] = routeKey.split(" ");
  const wanted = routePath.split("/");
  const given = path.split("/");
  if (routeMethod !== method || wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (!segment.startsWith("{")) {
      if (segment !== value) return undefined;
    } else {
      if (value === "") return undefined;
      parameters[segment.slice(1, -1)] = value;
    }
  }
  return { parameters: Object.keys(parameters).length > 0 ? parameters : undefined };
}

export function mostSpecificFirst(one: { routeKey: string }, other: { routeKey: string }): number {
  const rank = (routeKey: string) =>
    routeKey
      .split("/")
      .map((segment) => (segment.startsWith("{") ? "1" : "0"))
      .join("");
  return rank(one.routeKey).localeCompare(rank(other.routeKey));
}

/**
 * The path as functions see it: decoded, so that `%2F` separates, and ended by a decoded `?`.
 * Undefined where it cannot be decoded.
 */
export function decodePath(url: string): string | undefined {
  const path = url.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");
  try {
    return decodeURIComponent(path).replace(/\?.*$/s, "");
  } catch {
    return undefined;
  }
}
