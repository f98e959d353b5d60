import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../build/functions.ts";

/** A fork may have deleted infra/verification/. */
export const readmes = ["", "functions/", "infra/", "infra/verification/", "infra/verification/bench/", "oidc/"]
  .map((folder) => `${folder}README.md`)
  .concat(".github/CONTRIBUTING.md")
  .filter((file) => existsSync(join(root, file)))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

const sections = readmes.flatMap(({ file, text }) =>
  text.split(/^## /m).map((part) => ({
    file,
    section: part.split("\n")[0] ?? "",
    lines: blocksIn(part, "sh"),
    answers: blocksIn(part, "text"),
  })),
);

function blocksIn(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)\\n *\`\`\`$`, "gms"));
  return [...blocks].flatMap(([, block = ""]) => block.split("\n"));
}

export const published = "http://localhost:3000";
export const examples = sections.filter(({ lines }) => lines.some(isCall));
export const commands = sections.filter((section) => section.lines.length > 0 && !examples.includes(section));

export function isCall(line: string): boolean {
  return line.startsWith("curl ");
}

export function callsOf(line: string): [method: string, path: string][] {
  const calls = line.matchAll(/curl (?:-w '[^']*' )?([^"']*)["']http:\/\/localhost:3000\/prod([^"'?]*)/g);
  return [...calls].map(([, options = "", path = ""]) => [/-X (\w+)/.exec(options)?.[1] ?? "GET", path]);
}
