import { runProgram, type Run } from "./programs.ts";

/** Whoever runs Terraform: a person or a job, with an environment that leads to the emulated AWS. */
export interface Operator {
  /** Runs lines of shell in a folder, as somebody would who copies them from a README. Throws with the end of what was printed when one fails. */
  shell: (folder: string, lines: string, more?: Record<string, string>) => Promise<Run>;
}

/** An address in numbers makes the provider put a bucket's name into the path; the S3 backend needs to be told. */
export const pathStyle = { TF_CLI_ARGS_init: "-backend-config=use_path_style=true" };

/** An environment in which programs find the emulated AWS and nothing of this machine, no profile and no instance metadata. */
export function environmentAt(url: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    TF_CLI_CONFIG_FILE: process.env["TF_CLI_CONFIG_FILE"],
    CHECKPOINT_DISABLE: "1",
    TF_CLI_ARGS: "-no-color",
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
}

/** Somebody whom Terraform asks no questions. `more` holds the credentials. */
export function operatorAt(url: string, region: string, more: Record<string, string>): Operator {
  const environment = {
    ...environmentAt(url),
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    TF_CLI_ARGS_apply: "-auto-approve",
    TF_CLI_ARGS_destroy: "-auto-approve",
    AWS_REGION: region,
    ...more,
  };
  return {
    async shell(folder, lines, moreOfThese = {}) {
      const result = await runProgram("bash", ["-euo", "pipefail", "-c", lines], {
        cwd: folder,
        env: { ...environment, ...moreOfThese },
      });
      if (result.exitCode !== 0) throw new Error(`${lines}\nfailed in ${folder}:\n${result.output.slice(-4000)}`);
      return result;
    },
  };
}

/** Throws one sentence where a program is missing. */
export async function expectProgram(program: string, what: string): Promise<void> {
  const { exitCode } = await runProgram(program, ["version"], { cwd: ".", env: process.env }).catch(() => ({
    exitCode: 1,
  }));
  if (exitCode !== 0) throw new Error(`The rehearsal needs ${what}: install it so that \`${program} version\` works.`);
}
