// Stands in for GitHub's own program, with the one command that the workflows call: gh api.
// https://cli.github.com/manual/gh_api
import { readFileSync } from "node:fs";
import { request } from "node:http"; // which loads faster than fetch
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    method: { type: "string" },
    field: { type: "string", multiple: true, default: [] },
    "raw-field": { type: "string", multiple: true, default: [] },
    paginate: { type: "boolean" }, // the API's stand-in has one page
    jq: { type: "string" },
    silent: { type: "boolean" },
  },
});
const [command, path, ...others] = positionals;
const { GH_TOKEN: token = "", GITHUB_API_URL: api = "" } = process.env;
if (command !== "api" || path === undefined || others.length > 0) fail(`no stand-in for: ${positionals.join(" ")}`);
if (token === "") fail("To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.");

// --field takes only files here; use --raw-field for other values.
const texts = values["raw-field"].map((field) => field.split(/=(.*)/s));
const files = values.field
  .map((field) => field.split("=@"))
  .map(([name, file = ""]) => [name, readFileSync(file, "utf8")]);
const fields = [...texts, ...files];
const method = values.method ?? (fields.length > 0 ? "POST" : "GET");
const body = fields.length > 0 ? JSON.stringify(Object.fromEntries(fields)) : "";
/** @type {import("node:http").IncomingMessage} */
const answer = await new Promise((resolve, reject) => {
  request(`${api}/${path}`, { method, headers: { authorization: `token ${token}` } }, resolve)
    .on("error", reject)
    .end(body);
});
const content = await text(answer);
const { statusCode: status = 0 } = answer;
if (status >= 300) fail(`${/"message": ?"([^"]*)"/.exec(content)?.[1] ?? content} (HTTP ${status})`);
const shown = values.jq === undefined ? content : await (await import("jq-wasm")).raw(content, values.jq, ["-r"]);
if (!values.silent && shown !== "") console.log(shown);

/** @type {(message: string) => never} */
function fail(message) {
  console.error(`gh: ${message}`);
  process.exit(1);
}
