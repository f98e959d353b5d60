import { isObject, isTexts } from "../_shared/json.ts";
import { baseUrlIn, regionIn, routesIn, type Outputs } from "../_shared/outputs.ts";

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
