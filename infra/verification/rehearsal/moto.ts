import { spawn } from "node:child_process";
import { once } from "node:events";

const install = "python3 -m pip install --requirement infra/verification/rehearsal/requirements.txt";

/** Starts moto_server on a free port of loopback, in memory, and waits until it listens. */
export async function startMoto() {
  // moto uses AWS's own client inside, which must not follow the settings that lead Terraform to the gate.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
  const parameters = ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"];
  const child = spawn("python3", parameters, { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000); // goes on with a line for each request
      const [, found] = /Running on (http:\S+)\n/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => {
      reject(new Error(`moto did not start: ${said}\nInstall it with: ${install}`));
    }, reject);
  });
  return {
    url,
    stop: async () => {
      child.kill("SIGKILL"); // it has no state to save
      await ended;
    },
  };
}
