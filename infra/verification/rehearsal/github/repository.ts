import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProgram } from "../programs.ts";
import type { Substitute } from "./runner.ts";

/** What a commit changes, file by file: what it was, nothing where there was none, and what it becomes. */
export type Edits = Record<string, (before: string) => string>;

/** The project as a repository with a branch main, from which jobs check out. */
export interface Repository {
  path: string;
  /** The commit of the project as it is. */
  first: string;
  /** Pushes the project as it is, but for these edits, on top of what main holds; gives the commit. */
  push: (message: string, edits?: Edits) => Promise<string>;
}

/** Makes a repository of the project's files, which are in `path` and without git's. */
export async function makeRepository(path: string): Promise<Repository> {
  await git(path, "init", "--quiet", "--initial-branch=main");
  await git(path, "config", "uploadpack.allowAnySHA1InWant", "true"); // as at GitHub
  const commit = async (message: string) => {
    await git(path, "add", "--all");
    await git(path, "commit", "--quiet", "--allow-empty", `--message=${message}`);
    return (await git(path, "rev-parse", "HEAD")).trim();
  };
  const first = await commit("The project");
  return {
    path,
    first,
    async push(message, edits = {}) {
      await git(path, "read-tree", "--reset", "-u", first);
      for (const [file, edit] of Object.entries(edits)) {
        const edited = join(path, file);
        mkdirSync(dirname(edited), { recursive: true });
        writeFileSync(edited, edit(existsSync(edited) ? readFileSync(edited, "utf8") : ""));
      }
      return commit(message);
    },
  };
}

/** Stands for actions/checkout: one commit without history, unless fetch-depth is 0. */
export function checkOutOf(repository: Repository): Substitute {
  return async ({ workspace, github }, { ref = "", "fetch-depth": depth = "1" }) => {
    const wanted = ref === "" ? String(github["sha"]) : ref;
    const branches = "+refs/heads/*:refs/remotes/origin/*";
    await git(workspace, "init", "--quiet");
    await git(workspace, "remote", "add", "origin", `file://${repository.path}`);
    await git(
      workspace,
      "fetch",
      "--quiet",
      ...(depth === "0" ? ["origin", branches] : [`--depth=${depth}`, "origin", wanted]),
    );
    await git(workspace, "checkout", "--quiet", "--detach", depth === "0" ? wanted : "FETCH_HEAD");
    return undefined;
  };
}

/** Runs git without this machine's settings, such as signatures and hooks. Throws what it said when it fails. */
async function git(folder: string, ...command: string[]): Promise<string> {
  const author = {
    GIT_AUTHOR_NAME: "Rehearsal",
    GIT_AUTHOR_EMAIL: "rehearsal@example.com",
    GIT_COMMITTER_NAME: "Rehearsal",
    GIT_COMMITTER_EMAIL: "rehearsal@example.com",
  };
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...author };
  const { exitCode, output } = await runProgram("git", command, { cwd: folder, env });
  if (exitCode !== 0) throw new Error(`git ${command.join(" ")} failed in ${folder}:\n${output}`);
  return output;
}
