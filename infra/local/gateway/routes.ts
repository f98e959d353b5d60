/**
 * The parameters in the path, if the route matches. `path` is decoded and without the stage.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute(routeKey: string, method: string, path: string) {
  const [wanted, given] = [routeKey.split("/"), `${method} ${path}`.split("/")];
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    const isParameter = segment.startsWith("{");
    if (isParameter ? value === "" : segment !== value) return undefined;
    if (isParameter) parameters[segment.slice(1, -1)] = value;
  }
  return { parameters: Object.keys(parameters).length > 0 ? parameters : undefined };
}

/** The most specific route that matches. */
export function findRoute<Route extends { routeKey: string }>(routes: Route[], method: string, path: string) {
  const rank = ({ routeKey }: Route) =>
    routeKey
      .split("/")
      .map((segment) => (segment.startsWith("{") ? "1" : "0"))
      .join("");
  for (const route of routes.toSorted((one, other) => rank(one).localeCompare(rank(other)))) {
    const match = matchRoute(route.routeKey, method, path);
    if (match) return { route, ...match };
  }
  return undefined;
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
