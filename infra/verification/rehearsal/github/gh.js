// Stands for GitHub's own program, of which it knows what the workflows call: gh api.
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
    paginate: { type: "boolean" }, // the stand-in for the API has one page
    jq: { type: "string" },
    silent: { type: "boolean" },
  },
});
const [command, path, ...others] = positionals;
const { GH_TOKEN: token, GITHUB_API_URL: api = "" } = process.env;
if (command !== "api" || path === undefined || others.length > 0)
  fail(`nothing stands for: gh ${positionals.join(" ")}`);
if (token === undefined || token === "")
  fail("To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.");

const fields = [...values["raw-field"].map(asPair), ...values.field.map(asPair).map(readFile)];
const answer = await globalThis.fetch(`${api}/${path}`, {
  method: values.method ?? (fields.length > 0 ? "POST" : "GET"),
  headers: { authorization: `token ${token}` },
  ...(fields.length > 0 && { body: JSON.stringify(Object.fromEntries(fields)) }),
});
const content = await answer.text();
if (!answer.ok) fail(`${/"message": ?"([^"]*)"/.exec(content)?.[1] ?? content} (HTTP ${answer.status})`);
const shown = values.jq === undefined ? content : await raw(content, values.jq, ["-r"]);
if (!values.silent && shown !== "") console.log(shown);

/**
 * @param {string} field
 * @returns {[name: string, value: string]}
 */
function asPair(field) {
  const [name = "", ...value] = field.split("=");
  return [name, value.join("=")];
}

/**
 * @param {[name: string, value: string]} field
 * @returns {[name: string, value: string]}
 */
function readFile([name, value]) {
  if (!value.startsWith("@")) fail(`--field ${name}: only files are known here, and the rest is for --raw-field.`);
  return [name, readFileSync(value.slice(1), "utf8")];
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`gh: ${message}`);
  process.exit(1);
}
