import { isObject, isTexts, parseObject } from "./json.ts";

export type Outputs = Record<string, unknown>;

export type Routes = Record<string, string>;

/**
 * Throws, with the usage, unless the text is what `terraform output -json` prints. Null outputs become
 * undefined.
 */
export function readOutputs(text: string, usage: string): Outputs {
  const outputs = parseObject(text);
  if (!outputs) throw new Error(`The input is not what terraform output -json prints. Usage: ${usage}`);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [
      name,
      isObject(output) ? (output["value"] ?? undefined) : undefined,
    ]),
  );
}

/** Without a trailing slash. Throws unless it is a URL to which `/events` can be appended. */
export function baseUrlIn({ base_url: text }: Outputs): string {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  const unwanted = url && [url.username, url.password, url.search, url.hash].join("");
  if (!url || unwanted !== "" || !/^https?:$/.test(url.protocol))
    throw new Error(
      "The output base_url must be a URL such as https://abc123.execute-api.ap-southeast-1.amazonaws.com/prod.",
    );
  return url.origin + url.pathname.replace(/\/+$/, "");
}

export function regionIn({ region }: Outputs): { region?: string } {
  return typeof region === "string" ? { region } : {};
}

export function routesIn({ routes }: Outputs): Routes {
  if (!isObject(routes) || !isTexts(Object.values(routes)))
    throw new Error("The output routes must be an object from route keys to names of functions.");
  return routes as Routes;
}

export function functionOf(routes: Routes, routeKey: string): string {
  const name = routes[routeKey];
  if (name === undefined) throw new Error(`The output routes must name the function of ${routeKey}.`);
  return name;
}
