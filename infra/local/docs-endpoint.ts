import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { root } from "../build/functions.ts";
import { textAnswer, type HttpAnswer } from "./gateway/gateway-answer.ts";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Events API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script>
      // Not a route of the API, so not in its document: what a client does with the answer of upload-url.
      const upload = {
        tags: ["images"],
        summary: "Send an image to the url of upload-url",
        security: [], // S3 refuses a token with a signed URL
        parameters: [
          { name: "url", in: "query", required: true, schema: { type: "string" } },
          { name: "If-None-Match", in: "header", required: true, schema: { type: "string", default: "*" } },
        ],
        requestBody: { content: { "image/png": {}, "image/jpeg": {} } },
        responses: { 200: { description: "The bucket has stored it." } },
      };
      const updateJsonSpec = (update) => (document) => {
        if ("/events/{id}/upload-url" in document.paths) document.paths["/upload"] = { put: upload };
        update(document);
      };
      SwaggerUIBundle({
        url: "/openapi.yaml",
        dom_id: "#swagger-ui",
        deepLinking: true,
        validatorUrl: null,
        plugins: [{ statePlugins: { spec: { wrapActions: { updateJsonSpec } } } }],
        requestInterceptor: (request) => {
          const { pathname, searchParams } = new URL(request.url, location);
          if (pathname.endsWith("/upload")) request.url = searchParams.get("url") ?? request.url;
          return request;
        },
      });
    </script>
  </body>
</html>
`;

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
        return text("text/html", page);
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
