import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { root } from "./functions.ts";

/** Only files that Git knows or would add are checked; a copy without Git is not checked at all. */
const hasGit = existsSync(join(root, ".git"));
const files = hasGit ? filesKnownToGit() : [];

function filesKnownToGit(): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const known = execFileSync("git", list, { cwd: root, encoding: "utf8" }).trimEnd().split("\n");
  return known.filter((file) => existsSync(join(root, file)));
}

describe.skipIf(!hasGit)("the project stays easy to read:", () => {
  test("at most 25 files in any folder", () => {
    const folders = files.map((file) => dirname(file));
    const crowded = [...new Set(folders)].filter((folder) => folders.filter((other) => other === folder).length > 25);
    expect(crowded).toEqual([]);
  });

  test("at most 14 of Terraform in infra/, one for each concern", () => {
    expect(files.filter((file) => /^infra\/[^/]*\.tf$/.test(file)).length).toBeLessThanOrEqual(14);
  });

  test("a README.md of at most 150 lines, five minutes to read", () => {
    expect(readFileSync(join(root, "README.md"), "utf8").split("\n").length - 1).toBeLessThanOrEqual(150);
  });

  test("no folders in infra/ other than those in the README", () => {
    const folders = "build|environments|function|local|release|testing|tests|verification";
    expect(files.filter((file) => new RegExp(`^infra/(?!(${folders})/).*/`).test(file))).toEqual([]);
  });
});

// The default of Git for Windows: queries, templates and bundles would have other bytes than on other machines.
test.skipIf(!hasGit)("a clone has the same bytes even with core.autocrlf", () => {
  const [origin, clone] = [scratchFolder(), scratchFolder()];
  const git = (...command: string[]) => {
    const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    execFileSync("git", ["-C", origin, ...author, ...command], { env });
  };
  for (const file of files) cpSync(join(root, file), join(origin, file));
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message=The project");
  git("clone", "--quiet", "--config", "core.autocrlf=true", origin, clone);
  const bytes = (folder: string, file: string) => readFileSync(join(folder, file)).toString("base64");
  expect(files.filter((file) => bytes(clone, file) !== bytes(root, file))).toEqual([]);
});

// Terraform runs with credentials, and reads every such file in its folders.
describe.skipIf(!hasGit)("Terraform runs no other programs and loads no files by itself:", () => {
  const read = files.filter((file) => /^(infra|oidc)\//.test(file));
  const configuration = files.filter((file) => /^(infra|infra\/function|oidc)\/[^/]+\.tf$/.test(file));
  const linesWith = (pattern: RegExp) =>
    configuration
      .flatMap((file) => readFileSync(join(root, file), "utf8").split("\n"))
      .filter((line) => pattern.test(line));

  test("no *.tf.json, no *.tofu, no overrides and no variable files that are loaded automatically", () => {
    const unasked =
      /\.tf\.json$|\.tofu(\.json)?$|(^|_|\/)override\.tf$|\.auto\.tfvars(\.json)?$|\/terraform\.tfvars(\.json)?$/;
    expect(read.filter((file) => unasked.test(file))).toEqual([]);
  });

  test("no provisioners, no provider except AWS and only the local module", () => {
    expect(linesWith(/\bprovisioner\b|"(external|local|null|http|shell)[_"]|\blocal-exec\b/)).toEqual([]);
    const sources = linesWith(/^\s*source\s*=/).map((line) => line.replace(/.*=\s*/, ""));
    expect([...new Set(sources)].sort()).toEqual(['"./function"', '"hashicorp/aws"']);
  });
});

test.skipIf(!hasGit)("Terraform's version is only in .terraform-version and in recorded plans", () => {
  const version = readFileSync(join(root, ".terraform-version"), "utf8").trim();
  const others = files.filter((file) => !/^(\.terraform-version|package-lock\.json|.*\/recorded\/.*)$/.test(file));
  expect(others.filter((file) => readFileSync(join(root, file), "utf8").includes(version))).toEqual([]);
});

describe("of the AWS provider", () => {
  const texts = ["infra", "oidc"].map((folder) => readFileSync(join(root, folder, "versions.tf"), "utf8"));
  const constraints = texts.map((text) => /"hashicorp\/aws".*?version = "([^"]*)"/s.exec(text)?.[1] ?? "");
  const isAccepted = (version: string, constraint: string) =>
    constraint.split(", ").every((term) => {
      const [operator = "", bound = ""] = term.split(" ");
      const order = version.localeCompare(bound, "en", { numeric: true });
      return { ">=": order >= 0, "<": order < 0, "!=": order !== 0 }[operator];
    });

  test.each([
    ["rehearsed and known versions are accepted", true, "5.100.0 6.30.0 6.32.1 6.67.0"],
    ["others are rejected", false, "5.99.1 6.0.0 6.9.0 6.13.0 6.14.1 6.19.0 6.22.1 6.28.0 6.29.0 7.0.0"],
  ])("%s", (_what, isWanted, versions) => {
    const found = constraints.flatMap((constraint) =>
      versions.split(" ").map((version) => [version, isAccepted(version, constraint)]),
    );
    expect(found).toEqual(constraints.flatMap(() => versions.split(" ").map((version) => [version, isWanted])));
  });

  test("both lock the same version, which is accepted", () => {
    const locks = ["infra", "oidc"].map((folder) => readFileSync(join(root, folder, ".terraform.lock.hcl"), "utf8"));
    const [version = "", ...others] = locks.map((lock) => /^ {2}version +=\s"(.*)"/m.exec(lock)?.[1]);
    expect([...others, ...constraints.map((constraint) => isAccepted(version, constraint))]).toEqual([
      version,
      true,
      true,
    ]);
  });
});
