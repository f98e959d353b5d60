import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();
let isOver = false;

export async function runProgram(
  program: string,
  parameters: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ exitCode: number; output: string }> {
  if (isOver) throw new Error("Interrupted.");
  // Its own process group, so that its children stop with it: bash would leave Terraform running.
  const child = spawn(program, parameters, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { exitCode: code ?? 1, output };
  } finally {
    running.delete(child);
  }
}

/** Builds a copy of the project that has this one's packages. */
export async function build(folder: string): Promise<void> {
  const command = ["--import", "tsx", "infra/build/build.ts"];
  const { exitCode, output } = await runProgram(process.execPath, command, { cwd: folder, env: process.env });
  if (exitCode !== 0) throw new Error(`The build failed:\n${output}`);
}

export function killPrograms(): void {
  isOver = true;
  for (const { pid } of running) {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  }
}

/** With an IP address the provider puts a bucket's name into the path; the S3 backend must be told to. */
export const pathStyle = { TF_CLI_ARGS_init: "-backend-config=use_path_style=true" };

/** An environment with the emulated AWS and nothing of this machine. */
export function environmentAt(url: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TF_CLI_CONFIG_FILE } = process.env;
  return {
    PATH,
    HOME,
    TF_CLI_CONFIG_FILE,
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
