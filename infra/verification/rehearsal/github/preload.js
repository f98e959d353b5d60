// Preloaded into the programs of a job: redirects a deployed API's name to its local server, as DNS and TLS would.
import "../clock.js";

// Only Node from 22.18 on, which the workflows require, runs TypeScript. tsx takes as long to load as most programs run.
if (process.argv[1]?.endsWith(".ts") && !Reflect.get(process.features, "typescript"))
  await import(import.meta.resolve("tsx"));

const { fetch: send } = globalThis;
const deployedApi = /^https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=\/)/;

/** The calls of a program to the API, counted from 1, that API Gateway throttles. */
const throttled = process.env["REHEARSAL_THROTTLED"]?.split(",").map(Number);
let calls = 0;

/** @type {typeof fetch} */
const redirected = async (input, options) => {
  const url = input instanceof Request ? input.url : String(input);
  if (deployedApi.test(url) && throttled?.includes((calls += 1)))
    return Response.json({ message: "Too Many Requests" }, { status: 429 });
  return send(url.replace(deployedApi, process.env["REHEARSAL_API_ORIGIN"] ?? "$&"), options);
};
Object.assign(globalThis, { fetch: redirected });
