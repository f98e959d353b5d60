export interface Match {
  parameters: Record<string, string> | undefined;
}

/**
 * Undefined if the route does not match. `path` is decoded and without the stage.
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
 * The path as functions see it: decoded, cut at a `?`, and decoded again, so that `%2F` and `%252F` separate. Undefined
 * if it cannot be decoded. Whether AWS routes before or after the second decoding is not known; here it is after.
 */
export function decodePath(url: string): string | undefined {
  const cut = (path: string) => path.replace(/\?.*$/s, "");
  try {
    return decodeURIComponent(cut(decodeURIComponent(cut(url.replace(/^https?:\/\/[^/?]*/i, "")))));
  } catch {
    return undefined;
  }
}
