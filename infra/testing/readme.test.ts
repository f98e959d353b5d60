import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../build/functions.ts";
import { startApi, startApiWithTokens } from "./api.ts";
import { commands, examples, expectAnswered, isCall, paste, readmes, shells } from "./readme-examples.ts";
import { scratchFolder } from "./scratch.ts";

/** They need an account, or change the project: here they do nothing. */
const stubs = ["aws", "gh", "git", "jq", "node", "npm", "openssl", "rm", "sudo", "terraform"].map(
  (program) => `${program}() { :; }`,
);

describe.each(shells)("pasted into %s", async (shell) => {
  const first = await startApi();
  const other = await startApi();
  const guarded = await startApiWithTokens();
  // Those of "Posts" send files, and are executed in posts.test.ts.
  test.for(examples.filter(({ section }) => section !== "Posts"))(
    "the calls of $file, $section, are answered as it says",
    async (section, context) => {
      const api = section.section === "Sign in" ? guarded : section.file === "README.md" ? first : other;
      await expectAnswered(context, shell, section, api.url);
    },
  );

  test.for(commands)("the commands of $file, $section, are understood", async ({ lines }, context) => {
    const folder = scratchFolder({ "infra/environments/prod.tfvars": "", "oidc/terraform.tfvars": "" });
    const { errors } = await paste(context, shell, [...stubs, ...lines], folder);
    expect([...errors.matchAll(/^.*\b(?:ba|z)sh: .*$/gm)].map(([line]) => line)).toEqual([]);
  });
});

test("no line to paste has a comment, and each call shows its status and has its answer", () => {
  const lines = [...examples, ...commands].flatMap((section) => section.lines);
  expect(lines.filter((line) => /(^|\s)#/.test(line))).toEqual([]);
  expect(lines.filter(isCall).filter((line) => !line.startsWith("curl -w ' %{http_code}\\n' "))).toEqual([]);
  const calls = examples.map((section) => [section.section, section.lines.filter(isCall).length]);
  expect(examples.map(({ section, answers }) => [section, answers.length])).toEqual(calls);
  expect(lines.filter(isCall).length).toBeGreaterThanOrEqual(7);
});

test("every npm script that they name exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = readmes.flatMap(({ text }) => [...text.matchAll(/npm run ([a-z]+)/g)]).map(([, name = ""]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});

test("every link within the project leads to a file, and to a heading in it", () => {
  const broken = readmes.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)].flatMap(([link, path = "", anchor = ""]) => {
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(join(root, target))) return [`${file}: ${link}`];
      return anchor === "" || anchorsIn(target).includes(anchor) ? [] : [`${file}: ${link}`];
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
