import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { root } from "../build/functions.ts";

/** A fork may have deleted infra/verification/. */
export const readmes = ["", "functions/", "infra/", "infra/verification/", "oidc/"]
  .map((folder) => `${folder}README.md`)
  .filter((file) => existsSync(join(root, file)))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

export const published = "http://localhost:3000";

export type Example = (typeof examples)[number];

/** `setup` is what sets a variable for the line, `answer` is `# STATUS BODY` below it. */
export const examples = readmes
  .flatMap(({ file, text }) => text.split(/^## /m).map((part) => [file, part] as const))
  .flatMap(([file, text]) => {
    const section = text.split("\n")[0] ?? "";
    return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
      [...block.matchAll(/^(curl .*)\n(.*)$/gm)].map(({ 1: line = "", 2: answer = "", index }) => {
        const setup = [...block.slice(0, index).matchAll(/^[a-z]+=.*$/gm)].join("\n");
        return { line, setup, answer, section, file };
      }),
    );
  });

export function callsOf({ line, setup }: Example): [method: string, path: string][] {
  const calls = `${setup}\n${line}`.matchAll(/curl ([^"']*)["']http:\/\/localhost:3000\/prod([^"'?]*)/g);
  return [...calls].map(([, options = "", path = ""]) => [/-X (\w+)/.exec(options)?.[1] ?? "GET", path]);
}

/** Compares the whole answer; `…` in it stands for any text. */
export async function expectAnswered({ line, setup, answer }: Example, url: string, folder = root): Promise<void> {
  const [, status = "", body = ""] = /^# (\d{3}) ?(.*)$/.exec(answer) ?? [];
  expect(line).toContain(line.includes('"$url"') ? "" : `${published}/prod`);
  const command = `${setup}\n${line} --silent --show-error --write-out '\\n%{http_code}'`;
  const { stdout } = await promisify(execFile)("sh", ["-c", command.replaceAll(published, new URL(url).origin)], {
    cwd: folder,
  });
  const [received = "", receivedStatus] = stdout.split("\n");
  expect(receivedStatus).toBe(status);
  const expected =
    body &&
    (JSON.parse(body, (_key, value: unknown) =>
      typeof value === "string" && value.includes("…") ? (expect.stringMatching(patternOf(value)) as unknown) : value,
    ) as unknown);
  expect(received && (JSON.parse(received) as unknown)).toEqual(expected);
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
