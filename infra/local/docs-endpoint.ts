import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { root } from "../build/functions.ts";
import { textAnswer, type HttpAnswer } from "./gateway/gateway-answer.ts";

const swaggerUi = join(root, "node_modules/swagger-ui-dist");

/**
 * Answers `GET /openapi.yaml` with the current document, and `GET /docs` with Swagger UI from node_modules: a CDN or a
 * remote validator would learn of every visit.
 */
export function docsEndpoint(stage: string) {
  return ({ method, url = "" }: IncomingMessage): HttpAnswer | undefined => {
    if (method !== "GET" && method !== "HEAD") return undefined;
    switch (url.replace(/\?.*$/s, "")) {
      case "/docs":
      case "/docs/":
        return text("text/html", readFileSync(join(import.meta.dirname, "docs.html")));
      case "/docs/swagger-ui.css":
        return text("text/css", readFileSync(join(swaggerUi, "swagger-ui.css")));
      case "/docs/swagger-ui-bundle.js":
        return text("text/javascript", readFileSync(join(swaggerUi, "swagger-ui-bundle.js")));
      case "/openapi.yaml":
        return text("application/yaml", describeApiAt(stage));
      default:
        return undefined;
    }
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
