import { execFile } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import {
  makePng,
  needs,
  startApi,
  startApiWithTokens,
  untilLabelled,
  upload,
  type UploadUrl,
} from "../../testing/api.ts";
import { readmes } from "../../testing/_tests/readme-examples.ts";

const open = await startApi();
const { url, alice } = await startApiWithTokens();

interface Outcome {
  learned: unknown[];
  /** The compiler's complaint. */
  mistake?: string;
  needed?: string[];
}

interface Program extends Outcome {
  name: string;
  source: string;
}

/** The blocks of "Generate a client": the commands, then the programs. */
const { text = "" } = readmes.find(({ file }) => file === "functions/README.md") ?? {};
const section = text.split(/^## /m).find((part) => part.startsWith("Generate a client\n")) ?? "";
const blocksIn = (language: string) =>
  [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, block = ""]) => (of === language ? [block] : []));

const fromReadme = blocksIn("ts").map((block, n) => ({
  name: `functions/README.md, program ${n + 1}`,
  source: `${block.replace("http://localhost:3000/prod", open.url)}export default () => [data?.title, error];`,
  learned: ["Workshop", undefined],
}));

const withTypes = (name: string, body: string, outcome: Outcome): Program => ({
  name: `openapi-typescript ${name}`,
  source: `import createClient from "openapi-fetch";
import type { components, paths } from "./events.ts";
export type NewEvent = components["schemas"]["NewEvent"];
export default async (baseUrl: string, token: string, id: string): Promise<unknown[]> => {
  const { POST, GET, PATCH, DELETE } = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
  void [POST, GET, PATCH, DELETE, id];
  ${body}
};`,
  ...outcome,
});

const withFunctions = (name: string, body: string, outcome: Outcome): Program => ({
  name: `hey-api ${name}`,
  source: `import * as api from "./client";
import { client } from "./client/client.gen";
export default async (baseUrl: string, token: string, id: string): Promise<unknown[]> => {
  client.setConfig({ baseUrl, auth: token });
  void id;
  ${body}
};`,
  ...outcome,
});

/** As alice writes them with only functions/openapi.yaml; each returns what it learned. */
const programs: Program[] = [
  ...fromReadme,
  withTypes(
    "creates and gets",
    `const { data: created } = await POST("/events", { body: { title: "Workshop", type: "typed", capacity: 10 } });
    const path: { id: string } = { id: created?.id ?? "" };
    const { data: event } = await GET("/events/{id}", { params: { path } });
    return [event?.title, event?.capacity, event?.version];`,
    { learned: ["Workshop", 10, 1] },
  ),
  withFunctions(
    "creates and gets",
    `const { data: created } = await api.createEvent({ body: { title: "Workshop", type: "typed", capacity: 10 } });
    const path: { id: string } = { id: created?.id ?? "" };
    const { data: event } = await api.getEvent({ path });
    return [event?.title, event?.capacity, event?.version];`,
    { learned: ["Workshop", 10, 1] },
  ),
  withTypes(
    "lists",
    `const { data: created } = await POST("/events", { body: { title: "Workshop", type: "listed" } });
    const { data: page } = await GET("/events", { params: { query: { type: "listed", limit: 1 } } });
    return [page?.events[0]?.id === created?.id, page?.next];`,
    { learned: [true, undefined], needed: ["list-events"] },
  ),
  withTypes(
    "changes",
    `const { data: created, response } = await POST("/events", { body: { title: "Workshop", capacity: 10 } });
    const { data: changed } = await PATCH("/events/{id}", {
      params: { path: { id: created?.id ?? "" }, header: { "If-Match": response.headers.get("etag") ?? "" } },
      body: { status: "cancelled", capacity: null },
    });
    return [changed?.status, changed?.capacity, changed?.version];`,
    { learned: ["cancelled", undefined, 2], needed: ["update-event"] },
  ),
  withFunctions(
    "changes",
    `const { data: created, response } = await api.createEvent({ body: { title: "Workshop", capacity: 10 } });
    const { data: changed } = await api.updateEvent({
      path: { id: created?.id ?? "" },
      headers: { "If-Match": response?.headers.get("etag") ?? "" },
      body: { status: "cancelled", capacity: null },
    });
    return [changed?.status, changed?.capacity, changed?.version];`,
    { learned: ["cancelled", undefined, 2], needed: ["update-event"] },
  ),
  withTypes(
    "deletes",
    `const { data: created } = await POST("/events", { body: { title: "Workshop" } });
    const { response } = await DELETE("/events/{id}", { params: { path: { id: created?.id ?? "" } } });
    return [response.status];`,
    { learned: [204], needed: ["delete-event"] },
  ),
  withTypes(
    "downloads the image",
    `const { data: image } = await GET("/events/{id}/image", { params: { path: { id } }, parseAs: "blob" });
    return [image?.size, image?.type];`,
    { learned: [makePng().length, "image/png"], needed: ["get-image"] },
  ),
  withFunctions(
    "downloads the image",
    `const { data: image } = await api.getImage({ path: { id } });
    return [image?.size, image?.type];`,
    { learned: [makePng().length, "image/png"], needed: ["get-image"] },
  ),
  withTypes(
    "reads the problem details",
    `const { error } = await POST("/events", { body: { title: " " } });
    return error && "errors" in error ? error.errors ?? [] : [];`,
    { learned: [{ pointer: "/title", detail: "must not be blank" }] },
  ),
  withFunctions(
    "reads the problem details",
    `const { error } = await api.createEvent({ body: { title: " " } });
    return error && "errors" in error ? error.errors ?? [] : [];`,
    { learned: [{ pointer: "/title", detail: "must not be blank" }] },
  ),
  withTypes(
    "misspells a field",
    `const withTypo: NewEvent = { title: "Workshop", locatoin: "Online" };
    const { response } = await POST("/events", { body: withTypo });
    return [response.status];`,
    { mistake: "'locatoin' does not exist in type", learned: [400] },
  ),
  withFunctions(
    "misspells a field",
    `const { response } = await api.createEvent({ body: { title: "Workshop", locatoin: "Online" } });
    return [response?.status];`,
    { mistake: "'locatoin' does not exist in type", learned: [400] },
  ),
  withTypes(
    "is undecided",
    `const { response } = await POST("/events", { body: { title: "Workshop", status: "undecided" } });
    return [response.status];`,
    { mistake: `Type '"undecided"' is not assignable to type`, learned: [400] },
  ),
  withTypes(
    "misnames a limit",
    `const { response } = await GET("/events", { params: { query: { size: 10 } } });
    return [response.status];`,
    { mistake: "'size' does not exist in type", learned: [400], needed: ["list-events"] },
  ),
];

async function sh(line: string): Promise<string> {
  return (await promisify(execFile)("sh", ["-c", line], { cwd: folder })).stdout;
}

/** Beside node_modules, where imports are resolved. */
const folder = join(root, "dist/generated-client");
const fileOf = (program: Program) => join(folder, `program${programs.indexOf(program)}.ts`);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(join(root, "functions/openapi.yaml"), join(folder, "functions/openapi.yaml"));
await Promise.all(blocksIn("sh").map((line) => sh(line)));
for (const program of programs) writeFileSync(fileOf(program), program.source);

const compiled = ts.createProgram(programs.map(fileOf), {
  strict: true,
  noEmit: true,
  skipDefaultLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
});
const mistakes = ts.getPreEmitDiagnostics(compiled).map(({ file, messageText }) => ({
  file: file && relative(folder, file.fileName),
  message: ts.flattenDiagnosticMessageText(messageText, " "),
}));

/** The id of an event with an image. */
async function withImage(): Promise<string> {
  needs("create-upload-url", "get-image", "label-image");
  const { body: event } = await alice.call("POST /events", { json: { title: "Workshop" } });
  const { id } = event as { id: string };
  const png = { contentType: "image/png", contentLength: makePng().length };
  const { body: to } = await alice.call(`POST /events/${id}/upload-url`, { json: png });
  await upload(to as UploadUrl, makePng());
  await untilLabelled(alice.call, id);
  return id;
}

describe("a client generated as in functions/README.md, without options,", () => {
  test("takes five lines, or four", () => {
    const ways = blocksIn("sh").map((line, n) => `${line}${blocksIn("ts")[n] ?? ""}`.trim());
    expect(ways.map((lines) => lines.split("\n").length)).toEqual([5, 4]);
  });

  test.each(programs)("$name: compiles or not, and gets the right answers from the API", async (program) => {
    const { learned, mistake, needed = [] } = program;
    needs(...needed);
    const file = relative(folder, fileOf(program));
    expect(mistakes.filter((each) => each.file === file)).toEqual(
      mistake === undefined ? [] : [{ file, message: expect.stringContaining(mistake) as string }],
    );
    const { default: run } = (await import(fileOf(program))) as { default: (...given: string[]) => unknown };
    expect(await run(url, alice.token, needed.includes("get-image") ? await withImage() : "")).toEqual(learned);
  });

  test("has no mistake of its generator", () => {
    expect(mistakes.filter(({ file }) => !file?.startsWith("program"))).toEqual([]);
  });
});

describe("with a token, a client gets an image that", () => {
  test.each([
    ["drops the token on another host", "curl --location", "200"],
    ["follows Location itself", "curl --write-out '%{redirect_url}'", "200"],
    ["keeps the token, and is refused", "curl --location-trusted", "400"],
  ])("%s", async (_what, curl, status) => {
    const first = `${curl} --silent --output /dev/null --header 'Authorization: Bearer ${alice.token}' '${url}/events/${await withImage()}/image'`;
    const code = "--silent --output /dev/null --write-out '%{http_code}'";
    expect(await sh(curl.includes("location") ? `${first} ${code}` : `curl ${code} "$(${first})"`)).toBe(status);
  });
});
