import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { root } from "../../build/functions.ts";
import { needs, startApi } from "../../testing/api.ts";
import { documentPath } from "../../testing/contract.ts";

const { url } = await startApi();

/** Programs as somebody writes them who has nothing but functions/openapi.yaml; each gives what it learned. */
const programs = {
  creates: `
    const { data: created } = await POST("/events", { body: { title: "Workshop", type: "typed", capacity: 10 } });
    const id: string = created?.id ?? "";
    const { data: event } = await GET("/events/{id}", { params: { path: { id } } });
    return [event?.title, event?.capacity, event?.version];`,
  lists: `
    const { data: created } = await POST("/events", { body: { title: "Workshop", type: "listed" } });
    const { data: page } = await GET("/events", { params: { query: { type: "listed", limit: 1 } } });
    return [page?.events[0]?.id === created?.id, page?.next];`,
  changes: `
    const { data: created, response } = await POST("/events", { body: { title: "Workshop", capacity: 10 } });
    const { data: changed } = await PATCH("/events/{id}", {
      params: { path: { id: created?.id ?? "" }, header: { "If-Match": response.headers.get("etag") ?? "" } },
      body: { status: "cancelled", capacity: null },
    });
    return [changed?.status, changed?.capacity, changed?.version];`,
  deletes: `
    const { data: created } = await POST("/events", { body: { title: "Workshop" } });
    const { response } = await DELETE("/events/{id}", { params: { path: { id: created?.id ?? "" } } });
    return [response.status];`,
  learns: `
    const { error } = await POST("/events", { body: { title: " " } });
    return error && "errors" in error ? error.errors ?? [] : [];`,
  misspells: `
    const withTypo: NewEvent = { title: "Workshop", locatoin: "Online" };
    const { response } = await POST("/events", { body: withTypo });
    return [response.status];`,
  isUndecided: `
    const { response } = await POST("/events", { body: { title: "Workshop", status: "undecided" } });
    return [response.status];`,
  limitsByAnotherName: `
    const { response } = await GET("/events", { params: { query: { size: 10 } } });
    return [response.status];`,
};
type Name = keyof typeof programs;

/** Beside node_modules, where imports are looked for. */
const folder = join(root, "dist/typed-client");
const fileOf = (name: Name) => join(folder, `${name}.ts`);

mkdirSync(folder, { recursive: true });
// A field with a default may be left out of a request.
const types = await openapiTS(readFileSync(documentPath, "utf8"), { defaultNonNullable: false });
writeFileSync(join(folder, "types.ts"), astToString(types));
for (const name of Object.keys(programs) as Name[]) {
  writeFileSync(
    fileOf(name),
    `import createClient from "openapi-fetch";
import type { components, paths } from "./types.ts";
export type NewEvent = components["schemas"]["NewEvent"];
export default async (baseUrl: string): Promise<unknown[]> => {
  const { POST, GET, PATCH, DELETE } = createClient<paths>({ baseUrl });
  void [POST, GET, PATCH, DELETE];${programs[name]}
};
`,
  );
}

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile.bind(ts.sys)).config,
  ts.sys,
  root,
);
const compiled = ts.createProgram((Object.keys(programs) as Name[]).map(fileOf), options);

/** What the compiler has against a program. */
function mistakesIn(name: Name): string[] {
  return ts
    .getPreEmitDiagnostics(compiled, compiled.getSourceFile(fileOf(name)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

async function run(name: Name): Promise<unknown[]> {
  const { default: program } = (await import(fileOf(name))) as { default: (url: string) => Promise<unknown[]> };
  return program(url);
}

describe("a client with the types of functions/openapi.yaml", () => {
  test.each<[Name, unknown[], ...functions: string[]]>([
    ["creates", ["Workshop", 10, 1]],
    ["lists", [true, undefined], "list-events"],
    ["changes", ["cancelled", undefined, 2], "update-event"],
    ["deletes", [204], "delete-event"],
    ["learns", [{ pointer: "/title", detail: "must not be blank" }]],
  ])("%s, and compiles", async (name, learned, ...functions) => {
    needs(...functions);
    expect(mistakesIn(name)).toEqual([]);
    expect(await run(name)).toEqual(learned);
  });

  test.each<[Name, string, ...functions: string[]]>([
    ["misspells", "'locatoin' does not exist in type"],
    ["isUndecided", `Type '"undecided"' is not assignable to type`],
    ["limitsByAnotherName", "'size' does not exist in type", "list-events"],
  ])("%s, which does not compile, and is refused", async (name, mistake, ...functions) => {
    needs(...functions);
    expect(mistakesIn(name)).toEqual([expect.stringContaining(mistake)]);
    expect(await run(name)).toEqual([400]);
  });
});
