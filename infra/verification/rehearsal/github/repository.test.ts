import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../../testing/scratch.ts";
import { checkOutOf, makeRepository } from "./repository.ts";
import type { JobAtWork } from "./runner.ts";

const repository = await makeRepository(
  scratchFolder({ "a.txt": "one", "infra/b.tf": "b", ".gitignore": "dist/\n", "dist/x": "" }),
);
const second = await repository.push({
  "a.txt": (before) => `${before} two`,
  "infra/new.tf": (before) => `[${before}]`,
});
const third = await repository.push();

async function checkOut(sha: string, parameters: Record<string, string>): Promise<string> {
  const job: JobAtWork = {
    workspace: scratchFolder(),
    file: "",
    github: { sha },
    permissions: {},
    environment: undefined,
    variables: {},
    env: {},
  };
  await checkOutOf(repository)(job, parameters);
  return job.workspace;
}

function git(folder: string, ...command: string[]): string {
  return execFileSync("git", command, { cwd: folder, encoding: "utf8" }).trim();
}

test("a push is the project with its edits, and the next one lacks them", async () => {
  const [one, two, three] = await Promise.all([repository.first, second, third].map((sha) => checkOut(sha, {})));
  expect([one, two, three].map((folder = "") => readFileSync(join(folder, "a.txt"), "utf8"))).toEqual([
    "one",
    "one two",
    "one",
  ]);
  expect([one, two, three].map((folder = "") => existsSync(join(folder, "infra/new.tf")))).toEqual([
    false,
    true,
    false,
  ]);
  expect(existsSync(join(one ?? "", "dist"))).toBe(false);
});

test("a checkout is one commit without history", async () => {
  const folder = await checkOut(third, { ref: second });
  expect([
    git(folder, "rev-parse", "HEAD"),
    git(folder, "rev-list", "--count", "HEAD"),
    git(folder, "rev-parse", "--is-shallow-repository"),
  ]).toEqual([second, "1", "true"]);
});

test("or, with fetch-depth 0, all commits with main", async () => {
  const folder = await checkOut(second, { "fetch-depth": "0" });
  expect([
    git(folder, "rev-parse", "HEAD"),
    git(folder, "rev-parse", "origin/main"),
    git(folder, "rev-list", "--count", "origin/main"),
  ]).toEqual([second, third, "3"]);
  expect(git(folder, "merge-base", "--is-ancestor", repository.first, "HEAD")).toBe("");
});

test("an unpushed commit cannot be checked out", async () => {
  await expect(checkOut("0".repeat(40), {})).rejects.toThrow(/^git fetch .* failed in /);
});
