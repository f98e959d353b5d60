// Preloaded into the programs of a job: stands for DNS and TLS, by which the name of a deployed API leads to where it is
// served. What else is fetched goes where it was going.
import "../clock.js";

const { fetch: send } = globalThis;
const deployedApi = /^https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=\/)/;

/** @type {typeof fetch} */
const redirected = (input, options) => {
  const url = input instanceof Request ? input.url : String(input);
  return send(url.replace(deployedApi, process.env["REHEARSAL_API_ORIGIN"] ?? "$&"), options);
};
Object.assign(globalThis, { fetch: redirected });
