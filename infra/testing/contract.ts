import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { readFunctions, root } from "../build/functions.ts";
import { callServerAt, type Answer, type Call } from "./call.ts";
import { decodePath, findRoute, matchRoute } from "../local/gateway/routes.ts";

interface MediaType {
  schema: AnySchemaObject;
  examples?: Record<string, { value: unknown }>;
}

interface DocumentedAnswer {
  headers?: Record<string, { required?: boolean; schema: AnySchemaObject }>;
  content?: Record<string, MediaType>;
}

interface Operation {
  parameters?: { name: string; in: string; schema: AnySchemaObject }[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, DocumentedAnswer>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, AnySchemaObject> };
  "x-unmatched-statuses": number[];
}

interface Contract {
  /** Without references. What is referred to twice is the same object, so that its schema is compiled once. */
  document: Document;
  ajv: Ajv2020;
}

/**
 * By the document's text. Test files share a process but no modules (see setup.ts): each would spend as long on parsing
 * and compiling as on a few tests.
 */
const contracts = ((globalThis as { contracts?: Map<string, Contract> }).contracts ??= new Map<string, Contract>());

export const documentPath = join(root, "functions/openapi.yaml");
const text = readFileSync(documentPath, "utf8");
const contract = contracts.get(text) ?? read(text);
contracts.set(text, contract);
export const { document } = contract;

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, operation]) =>
    methods.includes(method) ? [{ routeKey: `${method.toUpperCase()} ${path}`, operation }] : [],
  ),
);

function read(text: string): Contract {
  const source: unknown = parse(text);
  const found = new Map<string, unknown>();
  const find = (reference: string) => {
    const names = reference.replace(/^#\//, "").split("/");
    return names.reduce((node: unknown, name) => (node as Record<string, unknown> | undefined)?.[name], source);
  };
  /** A value with what its references refer to, beside their siblings, in their place. */
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== "object" || node === null) return node;
    const { $ref, ...own } = node as { $ref?: string };
    if ($ref === undefined)
      return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, resolve(value)]));
    if (!found.has($ref)) found.set($ref, resolve(find($ref)));
    return Object.keys(own).length === 0 ? found.get($ref) : { ...(found.get($ref) as object), ...own };
  };
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
  addFormats.default(ajv);
  return { document: resolve(source) as Document, ajv };
}

/** Rejects if an answer differs from functions/openapi.yaml, so that no test accepts an undocumented answer. */
export function callAt(baseUrl: string, token?: string): Call {
  const call = callServerAt(baseUrl, token);
  return async (request, sent) => {
    const answer = await call(request, sent);
    const complaints = complaintsAbout(request, answer);
    if (complaints.length === 0) return answer;
    throw new Error(
      `${request.slice(0, 200)} is answered ${answer.status}, which differs from functions/openapi.yaml:\n${complaints.join("\n")}`,
    );
  };
}

/** One sentence for each difference from functions/openapi.yaml; `request` is like `GET /events`. */
export function complaintsAbout(request: string, answer: Answer): string[] {
  const [method = "", target = ""] = request.split(/ (.*)/s);
  const path = answer.status === headTooLarge ? undefined : decodePath(target);
  const operation = path === undefined ? undefined : findRoute(operations, method, path)?.route.operation;
  if (!operation && path !== undefined && undocumented.some((route) => matchRoute(route, method, path))) return [];
  const documented = operation?.responses ?? unmatched;
  const expected = documented[answer.status];
  if (!expected) return [`Status ${answer.status} is not documented, only ${Object.keys(documented).join(", ")}.`];
  return [...complaintsAboutHeaders(expected, answer), ...complaintsAboutBody(expected, answer, method === "HEAD")];
}

/** Answered before routing, so at any path. */
const headTooLarge = 431;

/** The functions' routes that are missing in functions/openapi.yaml: routes.test.ts reports each, once. */
const undocumented = readFunctions()
  .flatMap(({ routes }) => routes)
  .filter((route) => !operations.some(({ routeKey }) => routeKey === route));

const unmatched: Operation["responses"] = Object.fromEntries(
  document["x-unmatched-statuses"].map((status) => [
    status,
    {
      headers: { "apigw-requestid": { required: true, schema: { type: "string" } } },
      content: { "application/json": { schema: document.components.schemas["GatewayMessage"] ?? {} } },
    },
  ]),
);

/** Headers of HTTP itself, which OpenAPI omits. */
const transportHeaders = ["connection", "content-length", "content-type", "date", "keep-alive", "transfer-encoding"];

function complaintsAboutHeaders({ headers: documented = {} }: DocumentedAnswer, { headers }: Answer): string[] {
  const received = Object.keys(headers).filter((name) => !transportHeaders.includes(name));
  return [
    ...received.filter((name) => !(name in documented)).map((name) => `The header ${name} is not documented.`),
    ...Object.entries(documented).flatMap(([name, { required, schema }]) => {
      const value = headers[name];
      if (value === undefined) return required ? [`The header ${name} is missing.`] : [];
      return complaintsAboutValue(schema, value).map((complaint) => `The header ${name}${complaint}`);
    }),
  ];
}

function complaintsAboutBody(
  { content }: DocumentedAnswer,
  { status, headers, body }: Answer,
  isHead: boolean,
): string[] {
  if (body === undefined) return content && !isHead ? ["The body is missing."] : [];
  const contentType = headers["content-type"] ?? "";
  const schema = content?.[contentType]?.schema;
  if (!schema)
    return [`A body of content type ${contentType} is not documented, only ${Object.keys(content ?? {}).join(", ")}.`];
  const complaints = complaintsAboutValue(schema, body).map((complaint) => `The body${complaint}`);
  const isProblem = contentType === "application/problem+json";
  if (isProblem && (body as { status?: unknown }).status !== status)
    complaints.push(`The body's status must be ${status}.`);
  return complaints;
}

export function complaintsAboutValue(schema: AnySchemaObject, value: unknown): string[] {
  const validate = contract.ajv.compile(schema); // it keeps what it has compiled
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message = "" }) => `${instancePath} ${message}`);
}
