import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { root } from "../build/functions.ts";
import { scratchFolder } from "./scratch.ts";

/** A fork may have deleted infra/verification/. */
export const readmes = ["", "functions/", "infra/", "infra/verification/", "infra/verification/bench/", "oidc/"]
  .map((folder) => `${folder}README.md`)
  .filter((file) => existsSync(join(root, file)))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

/** What each section has to paste, and what its blocks of text say that this prints. */
const sections = readmes.flatMap(({ file, text }) =>
  text.split(/^## /m).map((part) => ({
    file,
    section: part.split("\n")[0] ?? "",
    lines: blocksIn(part, "sh"),
    answers: blocksIn(part, "text"),
  })),
);

/** The lines of all blocks in this language. */
function blocksIn(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\`$`, "gms"));
  return [...blocks].flatMap(([, block = ""]) => linesIn(block));
}

function linesIn(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

const published = "http://localhost:3000";

export const examples = sections.filter(({ lines }) => lines.some((line) => line.includes(published)));
export const commands = sections.filter((section) => section.lines.length > 0 && !examples.includes(section));

interface Example {
  lines: string[];
  answers: string[];
}

export function isCall(line: string): boolean {
  return line.startsWith("curl ");
}

export function callsOf(line: string): [method: string, path: string][] {
  const calls = line.matchAll(/curl (?:-w '[^']*' )?([^"']*)["']http:\/\/localhost:3000\/prod([^"'?]*)/g);
  return [...calls].map(([, options = "", path = ""]) => [/-X (\w+)/.exec(options)?.[1] ?? "GET", path]);
}

/** Interactive zsh is what macOS opens: there `#` begins no comment, and a glob that matches nothing is an error. */
export const shells = ["bash", "zsh"] as const;
type Shell = (typeof shells)[number];
const programs = { bash: ["bash"], zsh: ["zsh", "-f", "-i"] };
const hasZsh = spawnSync("zsh", ["-f", "-c", ":"]).status === 0;

/** Skips the test of this context where the shell is missing. */
export async function paste({ skip }: TestContext, shell: Shell, lines: string[], folder = scratchFolder()) {
  if (shell === "zsh" && !hasZsh) skip("zsh is not installed");
  const [program = "", ...parameters] = programs[shell];
  const env = { ...process.env, HOME: folder, PS1: "", PS2: "" };
  const { stdin, stdout, stderr } = spawn(program, parameters, { cwd: folder, env });
  stdin.end(`${lines.join("\n")}\n`);
  const [output, errors] = await Promise.all([textOf(stdout), textOf(stderr)]);
  return { output: linesIn(output), errors };
}

/** Compares the whole answers; `…` stands for any text. */
export async function expectAnswered(
  context: TestContext,
  shell: Shell,
  { lines, answers }: Example,
  url: string,
  folder?: string,
): Promise<void> {
  const here = lines.map((line) =>
    line.replaceAll(published, new URL(url).origin).replace("--retry 30 ", "--retry 600 "),
  );
  const { output, errors } = await paste(context, shell, here, folder);
  expect(output.map(readAnswer), errors).toEqual(answers.map(readAnswer));
}

function readAnswer(line: string) {
  const [, body = line, status] = /^(.*) (\d{3})$/.exec(line) ?? [];
  return { status, body: body.startsWith("{") ? (JSON.parse(body, anyText) as unknown) : body };
}

function anyText(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.includes("…") ? expect.stringMatching(patternOf(value)) : value;
}

function patternOf(text: string): RegExp {
  return new RegExp(
    `^${text
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".+")}$`,
    "s",
  );
}
