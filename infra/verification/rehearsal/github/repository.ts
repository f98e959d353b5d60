import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../programs.ts";
import type { Substitute } from "./runner.ts";

/** A commit's edits by file: from the old content, if any, to the new. */
export type Edits = Record<string, (before: string) => string>;

/** Makes the project's files in `path`, which has no .git, a repository with a branch main. */
export async function makeRepository(path: string) {
  await git(path, "init --quiet --initial-branch=main");
  await git(path, "config uploadpack.allowAnySHA1InWant true"); // as on GitHub
  const commit = async () => {
    await git(path, "add --all");
    await git(path, "commit --quiet --allow-empty --message=Commit");
    return (await git(path, "rev-parse HEAD")).trim();
  };
  const first = await commit();
  return {
    path,
    first,
    async push(edits: Edits = {}): Promise<string> {
      await git(path, "read-tree --reset -u", first);
      for (const [file, edit] of Object.entries(edits)) {
        const edited = join(path, file);
        writeFileSync(edited, edit(existsSync(edited) ? readFileSync(edited, "utf8") : ""));
      }
      return commit();
    },
  };
}

/** Stands in for actions/checkout: one commit without history, unless fetch-depth is 0. */
export function checkOutOf({ path }: { path: string }): Substitute {
  return async ({ workspace, github }, { ref, "fetch-depth": depth = "1" }) => {
    const wanted = ref ?? String(github["sha"]);
    await git(workspace, "init --quiet");
    await git(workspace, "remote add origin", `file://${path}`);
    if (depth === "0") await git(workspace, "fetch --quiet origin +refs/heads/*:refs/remotes/origin/*");
    else await git(workspace, `fetch --quiet --depth=${depth} origin`, wanted);
    await git(workspace, "checkout --quiet --detach", wanted);
  };
}

/** Runs git without this machine's settings, such as signatures and hooks. Throws its output if it fails. */
async function git(folder: string, command: string, ...more: string[]): Promise<string> {
  const { PATH } = process.env;
  const author = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com"];
  const env = { PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const { exitCode, output } = await runProgram("git", [...author, ...command.split(" "), ...more], {
    cwd: folder,
    env,
  });
  if (exitCode !== 0) throw new Error(`git ${command} ${more.join(" ")} failed in ${folder}:\n${output}`);
  return output;
}
