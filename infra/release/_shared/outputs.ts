import { isObject, isTexts, parseObject } from "./json.ts";

type Outputs = Record<string, unknown>;

export type Routes = Record<string, string>;

/**
 * Throws, with the usage, unless the text is what `terraform output -json` prints. Null outputs become
 * undefined.
 */
export function readOutputs(text: string, usage: string): Outputs {
  const outputs = parseObject(text);
  if (!outputs) throw new Error(`The input is not what terraform output -json prints. Usage: ${usage}`);
  const valueOf = (output: unknown) => (isObject(output) ? (output["value"] ?? undefined) : undefined);
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, valueOf(output)]));
}

export type Stack = ReturnType<typeof stackIn>;

export function stackIn(outputs: Outputs) {
  const { name, function_names: functionNames, issuer } = outputs;
  if (typeof name !== "string") throw new Error("The output name must be a name such as events-api-prod.");
  if (!isTexts(functionNames) || functionNames.length === 0)
    throw new Error("The output function_names must be a list of names.");
  const { percent, minutes } = isObject(outputs["canary"]) ? outputs["canary"] : {};
  const [baseUrl, routes] = [baseUrlIn(outputs), routesIn(outputs)];
  if (typeof percent !== "number" || typeof minutes !== "number")
    throw new Error("The output canary must have percent and minutes.");
  return {
    /** The names of the functions and the alarms begin with it and a hyphen. */
    name,
    region: regionIn(outputs),
    baseUrl,
    functionNames,
    routes,
    isSignedIn: issuer !== undefined,
    canary: { percent, minutes },
  };
}

/** Without a trailing slash. Throws unless it is a URL to which `/events` can be appended. */
function baseUrlIn({ base_url: text }: Outputs): string {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  const unwanted = url && [url.username, url.password, url.search, url.hash].join("");
  if (!url || unwanted !== "" || !/^https?:$/.test(url.protocol))
    throw new Error(
      "The output base_url must be a URL such as https://abc123.execute-api.ap-southeast-1.amazonaws.com/prod.",
    );
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function regionIn({ region }: Outputs): { region?: string } {
  return typeof region === "string" ? { region } : {};
}

function routesIn({ routes }: Outputs): Routes {
  if (!isObject(routes) || !isTexts(Object.values(routes)))
    throw new Error("The output routes must be an object from route keys to names of functions.");
  return routes as Routes;
}

export function functionOf(routes: Routes, routeKey: string): string {
  const name = routes[routeKey];
  if (name === undefined) throw new Error(`The output routes must name the function of ${routeKey}.`);
  return name;
}
