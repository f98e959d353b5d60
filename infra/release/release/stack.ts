import { isObject, isTexts } from "../_shared/json.ts";
import { baseUrlIn, regionIn, routesIn, type Outputs, type Routes } from "../_shared/outputs.ts";

export interface Stack {
  /** With a - behind it, it begins the names of the functions and of the alarms. */
  name: string;
  region: { region?: string };
  baseUrl: string;
  functionNames: string[];
  routes: Routes;
  isSignedIn: boolean;
  canary: { percent: number; minutes: number };
}

export function stackIn(outputs: Outputs): Stack {
  const { name, function_names: functionNames, issuer } = outputs;
  if (typeof name !== "string") throw new Error("The output name must be a name such as events-api-prod.");
  if (!isTexts(functionNames) || functionNames.length === 0)
    throw new Error("The output function_names must be a list of names.");
  return {
    name,
    region: regionIn(outputs),
    baseUrl: baseUrlIn(outputs),
    functionNames,
    routes: routesIn(outputs),
    isSignedIn: issuer !== undefined,
    canary: canaryIn(outputs),
  };
}

function canaryIn({ canary }: Outputs): Stack["canary"] {
  const { percent, minutes } = isObject(canary) ? canary : {};
  if (typeof percent !== "number" || typeof minutes !== "number")
    throw new Error("The output canary must have percent and minutes.");
  return { percent, minutes };
}
