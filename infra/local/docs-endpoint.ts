import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { root } from "../build/functions.ts";
import { textAnswer, type HttpAnswer } from "./gateway/gateway-answer.ts";

const swaggerUi = join(root, "node_modules/swagger-ui-dist");
const pages: Partial<Record<string, { contentType: string; file: string }>> = {
  "/docs": { contentType: "text/html", file: join(import.meta.dirname, "docs.html") },
  "/docs/swagger-ui.css": { contentType: "text/css", file: join(swaggerUi, "swagger-ui.css") },
  "/docs/swagger-ui-bundle.js": { contentType: "text/javascript", file: join(swaggerUi, "swagger-ui-bundle.js") },
};

/**
 * Answers `GET /openapi.yaml` with the current document, and `GET /docs` with Swagger UI from node_modules: a CDN or a
 * remote validator would learn of every visit.
 */
export function docsEndpoint(stage: string) {
  return ({ method, url = "" }: IncomingMessage): HttpAnswer | undefined => {
    if (method !== "GET" && method !== "HEAD") return undefined;
    const path = url.replace(/\?.*$/s, "");
    if (path === "/openapi.yaml") return text("application/yaml", describeApiAt(stage));
    const page = pages[path === "/docs/" ? "/docs" : path];
    return page && text(page.contentType, readFileSync(page.file));
  };
}

/** The server's URL is relative, so that it is right under any name of this machine. */
function describeApiAt(stage: string): string {
  const document = parseDocument(readFileSync(join(root, "functions/openapi.yaml"), "utf8"));
  const here = document.createNode({ url: stage === "$default" ? "/" : `/${stage}`, description: "npm start" });
  document.setIn(["servers"], [here, ...(document.get("servers") as { items: unknown[] }).items]);
  return String(document);
}

function text(contentType: string, body: string | Buffer): HttpAnswer {
  return textAnswer(200, `${contentType}; charset=utf-8`, body, [["cache-control", "no-store"]]);
}
