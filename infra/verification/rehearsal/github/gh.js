// Stands in for GitHub's own program, with the one command that the workflows call: gh api.
// https://cli.github.com/manual/gh_api
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { raw } from "jq-wasm";

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
const answer = await globalThis.fetch(`${api}/${path}`, {
  method: values.method ?? (fields.length > 0 ? "POST" : "GET"),
  headers: { authorization: `token ${token}` },
  ...(fields.length > 0 && { body: JSON.stringify(Object.fromEntries(fields)) }),
});
const content = await answer.text();
if (!answer.ok) fail(`${/"message": ?"([^"]*)"/.exec(content)?.[1] ?? content} (HTTP ${answer.status})`);
const shown = values.jq === undefined ? content : await raw(content, values.jq, ["-r"]);
if (!values.silent && shown !== "") console.log(shown);

/** @type {(message: string) => never} */
function fail(message) {
  console.error(`gh: ${message}`);
  process.exit(1);
}
