import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { callServerAt } from "../testing/call.ts";
import { documentPath } from "../testing/contract.ts";
import { docsEndpoint } from "./docs-endpoint.ts";
import { startGateway } from "./gateway/gateway.ts";

async function start(stage: string) {
  const docs = docsEndpoint(stage);
  const gateway = await startGateway({
    stage,
    port: 0,
    routes: () => Promise.resolve([]),
    fallback: (request) => Promise.resolve(docs(request)),
    log: () => undefined,
  });
  afterAll(gateway.stop);
  return callServerAt(new URL("/", gateway.url).href);
}

const call = await start("dev");
const callDefault = await start("$default");

test.each([
  ["dev", call, "/dev"],
  ["$default", callDefault, "/"],
])("/openapi.yaml is the document, with the stage %s as its first server", async (_stage, callStage, url) => {
  const { status, headers, body } = await callStage("GET /openapi.yaml");
  expect([status, headers["content-type"]]).toEqual([200, "application/yaml; charset=utf-8"]);
  const document = parse(readFileSync(documentPath, "utf8")) as { servers: object[] };
  expect(parse(String(body))).toEqual({
    ...document,
    servers: [{ url, description: "npm start" }, ...document.servers],
  });
});

describe("/docs is a page of Swagger UI", () => {
  test.each(["/docs", "/docs/"])(
    "that loads everything from this server, at %s: no CDN, no validator, no font, no icon",
    async (path) => {
      const { status, headers, body } = await call(`GET ${path}`);
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      expect(String(body)).toContain("validatorUrl: null");
      expect([...String(body).matchAll(/(?:src|href|url)(?:=|: )"(.*?)"/g)].map(([, url]) => url)).toEqual([
        "data:,",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/openapi.yaml",
      ]);
    },
  );

  test.each([
    ["/docs/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui"],
    ["/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle"],
  ])("whose parts exist: %s", async (path, contentType, part) => {
    const { status, headers, body } = await call(`GET ${path}`);
    expect([status, headers["content-type"]]).toEqual([200, contentType]);
    expect(String(body)).toContain(part);
  });
});

test.each(["/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.yaml", "/openapi.yaml?download"])(
  "HEAD of %s has the headers of GET, and no body",
  async (path) => {
    const { headers } = await call(`GET ${path}`);
    const made = expect.any(String) as string;
    expect(await call(`HEAD ${path}`)).toEqual({
      status: 200,
      headers: { ...headers, date: made, "apigw-requestid": made },
    });
  },
);

test.each([
  "POST /docs",
  "GET /docs//",
  "GET /openapi.yaml/",
  "GET /docs/index.html",
  "GET /docs/../package.json",
  "GET /docs/%2e%2e/package.json",
  "GET /dev/docs",
  "GET /openapi.json",
])("nothing else is served: %s", async (request) => {
  expect(await call(request)).toMatchObject({ status: 404, body: { message: "Not Found" } });
});
