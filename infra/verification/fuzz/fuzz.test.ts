import { execFile } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { has, startApi, startApiWithTokens } from "../../testing/api.ts";
import { callServerAt } from "../../testing/call.ts";
import { serve } from "../../testing/serve.ts";
import { fuzz } from "./fuzz.ts";
import { hostileRequests, toCurl } from "./hostile-requests.ts";

const open = await startApi();
const guarded = await startApiWithTokens();
const tokens = [guarded.alice.token, guarded.bob.token, await guarded.pool.idToken("alice"), "garbage", ""];

describe("every answer is documented and no 5xx:", () => {
  test.each([
    ["without sign-in", { url: open.url, tokens: [] }, [200, 400, 404, 415]],
    ["with sign-in", { url: guarded.url, tokens }, [...(has("list-events") ? [200] : []), 400, 401, 404]],
  ])("%s", async (_what, api, expected) => {
    const seed = Date.now() | 0;
    console.log(`npm run fuzz -- --seed ${seed}${api.tokens.length > 0 ? " --auth" : ""}`); // shown on failure, even by timeout
    const statuses = await fuzz({ ...api, seed, requests: 300 });
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(expected)); // or every request was refused early, and proved nothing
  });
});

const addedByClients = new Set([
  "accept",
  "connection",
  "content-length",
  "expect",
  "host",
  "transfer-encoding",
  "user-agent",
]);

describe("a forbidden answer is reported with a line that reproduces it:", () => {
  test.each<[string, number, string, string]>([
    ["a 5xx", 503, '{"message":"Service Unavailable"}', "No request may be answered with 5xx."],
    ["an undocumented one", 418, '{"message":"I am a teapot"}', "Status 418 is not documented"],
    ["one that does not match its content type", 404, "<html>", "invalid JSON declared as JSON"],
  ])("%s", async (_what, status, body, complaint) => {
    const url = await serve((_request, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    );
    const failure: unknown = await fuzz({ url, tokens: [], seed: 1, requests: 100 }).catch((error: unknown) => error);
    expect(String(failure)).toContain(complaint);
    expect(String(failure)).toMatch(new RegExp(`^(printf .*)?curl .*'${url}/`, "m"));
  });

  test("the line sends the same request, byte for byte", async () => {
    const received: unknown[] = [];
    const url = await serve((request, response) => {
      void buffer(request).then((body) => {
        const headers = Object.entries(request.headers).filter(([name]) => !addedByClients.has(name));
        received.push({
          method: request.method,
          url: request.url,
          headers: Object.fromEntries(headers),
          body: body.toString("base64"),
        });
        response.end();
      });
    });
    for (const request of fc.sample(hostileRequests([]), { seed: 1, numRuns: 30 })) {
      received.length = 0;
      const { line, headers, body } = request;
      await callServerAt(url)(line, { headers, ...(body && { bytes: body }) });
      await promisify(execFile)("sh", ["-c", `${toCurl(url, request)} --silent`]);
      expect(received[1]).toEqual(received[0]);
    }
  });
});
