import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test, type TestContext } from "vitest";
import { root } from "../build/functions.ts";
import { makeJpeg, makePng } from "../local/bucket/sample-images.ts";
import { needs, startApi, startApiWithTokens } from "./api.ts";
import { commands, examples, isCall, published, readmes } from "./_tests/readme-examples.ts";
import { scratchFolder } from "./scratch.ts";

/** macOS opens an interactive zsh, in which `#` starts no comment and a glob without matches is an error. */
const shells = { bash: ["bash"], zsh: ["zsh", "-f", "-i"] };
const hasZsh = spawnSync("zsh", ["-f", "-c", ":"]).status === 0;

async function paste(shell: keyof typeof shells, lines: string[], folder: string, { skip }: TestContext) {
  if (shell === "zsh" && !hasZsh) skip("zsh is not installed");
  const [program = "", ...parameters] = shells[shell];
  const env = { ...process.env, HOME: folder, PS1: "", PS2: "" };
  const { stdin, stdout, stderr } = spawn(program, parameters, { cwd: folder, env });
  stdin.end(`${lines.join("\n")}\n`);
  const [output, errors] = await Promise.all([text(stdout), text(stderr)]);
  return { output: output.split("\n").slice(0, -1), errors };
}

const png = makePng();
const jpeg = makeJpeg();

/** Turns a line or answer for a PNG into one for a JPEG. */
function withJpeg(line: string): string {
  return line
    .replaceAll(png.toString("base64"), jpeg.toString("base64"))
    .replaceAll(`"size":${png.length}`, `"size":${jpeg.length}`)
    .replaceAll("png", "jpg")
    .replaceAll("image/jpg", "image/jpeg")
    .replaceAll("PNG", "JPEG");
}

const asItStands = (line: string) => line;
const calls = examples.map((example) => ({ ...example, bytes: undefined, change: asItStands }));
const runs = [
  ...calls.filter(({ section }) => section !== "Posts"),
  ...calls
    .filter(({ section }) => section === "Posts")
    .flatMap((posts) => [
      { ...posts, section: "Posts, with its PNG", bytes: png },
      { ...posts, section: "Posts, with a JPEG", bytes: jpeg, change: withJpeg },
    ]),
];

/** These need an account, or change the project: here they do nothing. */
const stubs = ["aws", "cd", "gh", "git", "jq", "mv", "node", "npm", "npx", "openssl", "rm", "sudo", "terraform"].map(
  (program) => `${program}() { :; }`,
);

describe.each(["bash", "zsh"] as const)("pasted into %s", async (shell) => {
  const first = await startApi();
  const other = await startApi();
  const guarded = await startApiWithTokens();

  test.for(runs)("the calls of $file, $section, get the documented answers", async (run, context) => {
    if (run.bytes) needs("create-upload-url", "get-image", "label-image");
    const { url } = run.section === "Sign in" ? guarded : run.file === "README.md" ? first : other;
    const folder = scratchFolder();
    const lines = run.lines.map((line) =>
      // A busy machine may take long to label an image.
      run.change(line).replaceAll(published, new URL(url).origin).replace("--retry 30 ", "--retry 120 "),
    );
    const { output, errors } = await paste(shell, lines, folder, context);
    expect(output.map(readAnswer), errors).toEqual(run.answers.map(run.change).map(readAnswer));
    const [, received] = / --output (\S+)/.exec(lines.join("\n")) ?? [];
    expect(received && readFileSync(join(folder, received))).toEqual(run.bytes);
  });

  test.for(commands)("the commands of $file, $section, are valid in the shell", async ({ lines }, context) => {
    const folder = scratchFolder({ "infra/environments/prod.tfvars": "", "oidc/terraform.tfvars": "" });
    const { errors } = await paste(shell, [...stubs, ...lines], folder, context);
    expect([...errors.matchAll(/^.*\b(?:ba|z)sh: .*$/gm)].map(([line]) => line)).toEqual([]);
  });
});

/** In an answer `…` stands for any text. */
function readAnswer(line: string) {
  const [, body = line, status] = /^(.*) (\d{3})$/.exec(line) ?? [];
  const expected = (_key: string, value: unknown): unknown =>
    typeof value === "string" && value.includes("…") ? expect.stringMatching(patternOf(value)) : value;
  return { status, body: body.startsWith("{") ? (JSON.parse(body, expected) as unknown) : body };
}

function patternOf(answer: string): RegExp {
  const parts = answer.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`, "s");
}

test("no line to paste has a comment, and each call prints its status and has an answer", () => {
  const lines = [...examples, ...commands].flatMap((section) => section.lines);
  expect(lines.filter((line) => /(^|\s)#/.test(line))).toEqual([]);
  expect(lines.filter(isCall).filter((line) => !line.startsWith("curl -w ' %{http_code}\\n' "))).toEqual([]);
  const calls = examples.map((section) => [section.section, section.lines.filter(isCall).length]);
  expect(examples.map(({ section, answers }) => [section, answers.length])).toEqual(calls);
  expect(lines.filter(isCall).length).toBeGreaterThanOrEqual(7);
});

test("every npm script in the READMEs exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = readmes.flatMap((each) => [...each.text.matchAll(/npm run ([a-z]+)/g)]).map(([, name = ""]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});

/** In a fork that has deleted this folder, links into it do no harm. */
const deleted = existsSync(join(root, "infra/verification")) ? undefined : "infra/verification/";

test("every link within the project points to a file, and to a heading in it", () => {
  const broken = readmes.flatMap((readme) =>
    [...readme.text.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)].flatMap(([link, path = "", anchor = ""]) => {
      const target = path === "" ? readme.file : join(dirname(readme.file), path);
      if (deleted !== undefined && target.startsWith(deleted)) return [];
      const leads = existsSync(join(root, target)) && (anchor === "" || anchorsIn(target).includes(anchor));
      return leads ? [] : [`${readme.file}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

function anchorsIn(file: string): string[] {
  const headings = readFileSync(join(root, file), "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
