import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeRole, variablesOf } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import { region } from "./gate/service-request.ts";
import { environmentAt, pathStyle, runProgram } from "./programs.ts";
import type { Rehearsal } from "./setting.ts";
import { claimsOf, jobs } from "./trust/tokens.ts";

/** Runs shell lines as if pasted from a README. */
type Shell = (folder: string, lines: string, more?: Record<string, string>) => Promise<string>;

export type Job = Awaited<ReturnType<typeof startJob>>;

export function operatorsShell(gate: Gate): Shell {
  return shellWith(gate, variablesOf(gate.operator));
}

/** A GitHub job, which has only its token; `call` makes requests under its role. */
export async function startJob({ gate, issuer, names, scratchPath }: Rehearsal, does: "deploy" | "plan") {
  const [roleName, claims] =
    does === "deploy"
      ? [names.deployRole, claimsOf(jobs.deploy, names.stage)]
      : [`${names.project}-plan`, claimsOf(jobs.pullRequest)];
  const roleArn = `${names.iam}:role/${roleName}`;
  const credentials = await takeRole(gate.url, roleArn, await issuer.issue(claims));
  if (typeof credentials === "string") throw new Error(`${roleName} could not be assumed: ${credentials}`);
  const file = join(mkdtempSync(join(scratchPath, "token-")), "token");
  const shell = shellWith(gate, {
    ...pathStyle,
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_SESSION_NAME: "rehearsal",
  });
  return {
    // A token is valid for ten minutes; a job may run longer.
    shell: async (...lines: Parameters<Shell>) => {
      writeFileSync(file, await issuer.issue(claims));
      return shell(...lines);
    },
    call: gate.callAs(credentials),
  };
}

function shellWith({ url }: Gate, credentials: Record<string, string>): Shell {
  const unasked = {
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    TF_CLI_ARGS_apply: "-auto-approve",
    TF_CLI_ARGS_destroy: "-auto-approve",
  };
  return async (folder, lines, more) => {
    const env = { ...environmentAt(url), ...unasked, AWS_REGION: region, ...credentials, ...more };
    const { exitCode, output } = await runProgram("bash", ["-euo", "pipefail", "-c", lines], { cwd: folder, env });
    if (exitCode !== 0) throw new Error(`${lines}\nfailed in ${folder}:\n${output.slice(-4000)}`);
    return output;
  };
}

/** The shell blocks of a README's section, without the lines whose program must not run here. */
export function readmeBlocks(path: string, heading: string, notRun = ""): [first: string, ...more: string[]] {
  const [, section = ""] = readFileSync(path, "utf8").split(`\n## ${heading}\n`);
  const found = (section.split("\n## ")[0] ?? "").matchAll(/```sh\n(.*?)\n```/gs);
  const isRun = (line: string) => notRun === "" || !line.startsWith(`${notRun} `);
  const [first, ...more] = [...found].map(([, block = ""]) => block.split("\n").filter(isRun).join("\n"));
  if (first === undefined) throw new Error(`${path} has no section "${heading}" with a shell block.`);
  return [first, ...more];
}
