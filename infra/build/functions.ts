import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** A function as its folder declares it. Its name is that of the folder. */
export interface FunctionFolder {
  name: string;
  path: string;
  /** `METHOD /path/{parameter}`, as API Gateway writes a route key. */
  routes: string[];
  /** AWS actions, such as `dynamodb:PutItem`; on objects with their key prefix: `s3:PutObject incoming/`. */
  actions: string[];
  scopes: string[];
  memory_mb: number;
  timeout_s: number;
}

const routeKey = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/([A-Za-z0-9._~-]+|\{[A-Za-z0-9_]+\}))+$/;
const actionForm = /^[a-z0-9]+:[A-Z][A-Za-z]+( [a-z0-9-]+\/)?$/;

/**
 * The actions a function.json may have, and on which resource (see infra/functions.tf). `objects` need a prefix.
 * Listing the whole `bucket` is for functions that read objects: S3 answers 404 for a missing object only to a caller
 * that may list; AWS does not document whether listing one prefix is enough.
 */
const allowed: Record<string, string> = {
  "dynamodb:DeleteItem": "table",
  "dynamodb:GetItem": "table",
  "dynamodb:PutItem": "table",
  "dynamodb:Query": "indexes",
  "dynamodb:UpdateItem": "table",
  "rekognition:DetectLabels": "labels",
  "s3:DeleteObject": "objects",
  "s3:GetObject": "objects",
  "s3:ListBucket": "bucket",
  "s3:PutObject": "objects",
};

/**
 * Every folder of `functionsPath` is a function, unless its name begins with `_`. Throws all errors at once, one
 * sentence each: JSON has no types, and a misspelt key would otherwise be silently ignored.
 */
export function readFunctions(functionsPath = join(root, "functions")): FunctionFolder[] {
  const names = readdirSync(functionsPath, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
    .map((entry) => entry.name)
    .sort();
  const complaints: string[] = [];
  const functions = names.flatMap((name) => {
    try {
      return [readFunction(name, join(functionsPath, name))];
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
  complaints.push(...repeatedRoutes(functions));
  if (names.length === 0)
    complaints.push(
      `${functionsPath} has no functions: add a folder with a function.json. Deploying none would delete the whole API.`,
    );
  if (complaints.length === 0) complaints.push(...withoutBucket(functions)); // else label-image may have the error
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  return functions;
}

function readFunction(name: string, path: string): FunctionFolder {
  const where = `functions/${name}/function.json`;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`functions/${name}: a function's name is lower-case words with - between them, like create-event.`);
  }
  for (const file of ["function.json", "handler.ts"]) {
    if (!existsSync(join(path, file))) throw new Error(`functions/${name} has no ${file}.`);
  }
  const {
    routes = [],
    actions,
    scopes = [],
    memory_mb = 256,
    timeout_s = 10,
    ...unknown
  } = readObject(join(path, "function.json"), where);
  const complaint = [
    ...Object.keys(unknown).map(
      (key) => `unknown key ${key}: the keys are routes, actions, scopes, memory_mb and timeout_s`,
    ),
    !isTexts(routes, routeKey) &&
      'routes must be a list like ["GET /events/{id}"], with a named method and no / at the end',
    ...(isTexts(actions, actionForm)
      ? actions.flatMap(complaintsOf)
      : ['actions must be a list like ["dynamodb:GetItem", "s3:PutObject incoming/"], without a wildcard']),
    !(isTexts(scopes, /^[^\s"\\]+$/) && scopes.length <= 10) &&
      'scopes must be a list like ["events/write"] with at most 10 entries, the maximum of API Gateway',
    !isInteger(memory_mb, 128, 10_240) && "memory_mb must be an integer from 128 to 10240",
    !isInteger(timeout_s, 1, 900) && "timeout_s must be an integer from 1 to 900",
  ].filter((text) => text !== false);
  if (complaint.length > 0) throw new Error(complaint.map((text) => `${where}: ${text}.`).join("\n"));
  return { name, path, routes, actions, scopes, memory_mb, timeout_s } as FunctionFolder; // checked above
}

function complaintsOf(action: string): string[] {
  const [name = "", prefix] = action.split(" ");
  const on = allowed[name];
  if (on === undefined) return [`unknown action ${name}: the actions are ${Object.keys(allowed).join(", ")}`];
  if (on === "objects" && prefix === undefined) return [`${name} needs a key prefix, like "${name} incoming/"`];
  return prefix === undefined || on === "objects" || on === "bucket"
    ? []
    : [`${name} must have no prefix, because it is not an action on objects`];
}

function readObject(path: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error(`${where} is not valid JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${where} must be a JSON object.`);
  return value as Record<string, unknown>;
}

/**
 * The bucket exists only with label-image, which publishes the images. A function that deletes objects needs no
 * bucket: without one there are no objects.
 */
function withoutBucket(functions: FunctionFolder[]): string[] {
  if (functions.some(({ name }) => name === "label-image")) return [];
  return functions
    .filter(
      ({ actions }) =>
        actions.some((action) => action.startsWith("s3:")) &&
        !actions.some((action) => action.startsWith("s3:DeleteObject ")),
    )
    .map(
      ({ name }) =>
        `functions/${name} uses the bucket, which exists only with functions/label-image: delete it, or restore label-image.`,
    );
}

/** To API Gateway `/events/{id}` and `/events/{name}` are the same route. */
function repeatedRoutes(functions: FunctionFolder[]): string[] {
  const seen = new Map<string, string>();
  return functions.flatMap(({ name, routes }) =>
    routes.flatMap((route) => {
      const pattern = route.replaceAll(/\{[^}]+\}/g, "{}");
      const other = seen.get(pattern);
      seen.set(pattern, name);
      return other === undefined
        ? []
        : [`functions/${name}: the route ${route} is already that of functions/${other}.`];
    }),
  );
}

/** The functions for Terraform, each with its permissions. */
export function listForTerraform(functions: FunctionFolder[]): Uint8Array {
  const list = functions.map(({ name, routes, actions, scopes, memory_mb, timeout_s }) => [
    name,
    { routes, permissions: permissionsFor(actions), scopes, memory_mb, timeout_s },
  ]);
  return Buffer.from(`${JSON.stringify(Object.fromEntries(list), null, 2)}\n`);
}

/** Groups actions by resource and prefixes, which are empty for all keys. */
function permissionsFor(actions: string[]) {
  const prefixesOf = new Map<string, string[]>();
  for (const action of actions) {
    const [name = "", prefix = []] = action.split(" ");
    prefixesOf.set(name, (prefixesOf.get(name) ?? []).concat(prefix).sort());
  }
  const permissions = new Map<string, { on: string; prefixes: string[]; actions: string[] }>();
  for (const [action, prefixes] of prefixesOf) {
    const on = allowed[action] ?? "";
    const key = [on, ...prefixes].join(" ");
    permissions.set(key, { on, prefixes, actions: [...(permissions.get(key)?.actions ?? []), action] });
  }
  return [...permissions.values()];
}

function isTexts(value: unknown, pattern: RegExp): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string" && pattern.test(text));
}

function isInteger(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}
