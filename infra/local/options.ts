import { parseArgs } from "node:util";
import { originPattern } from "./gateway/cors.ts";

export const usage = `npm start -- [options]

  --port NUMBER   the port on this machine, by default 3000; 0 takes a free port
  --stage NAME    the stage in the path, by default prod; '$default' for none
  --data FOLDER   the folder for events and images, by default .data
  --memory        keep events and images only in memory
  --auth          require an access token for every request, and print one; more at /token?sub=NAME
  --cors-origin ORIGIN
                  allow web pages of an origin like http://localhost:5173, '*' for all; can be repeated
  --help          print this`;

export type Options = Exclude<ReturnType<typeof parseOptions>, "help">;

export function parseOptions(args: string[]) {
  const { port, stage, data, memory, auth, "cors-origin": corsOrigins, help } = parseArguments(args);
  if (help) return "help";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error("--port must be a number from 0 to 65535.");
  if (!/^([A-Za-z0-9_-]{1,128}|\$default)$/.test(stage))
    throw new Error("--stage must be $default, or 1 to 128 characters of A-Z a-z 0-9 _ -.");
  const wrong = corsOrigins.find((origin) => !originPattern.test(origin));
  if (wrong !== undefined)
    throw new Error(
      `--cors-origin must be * or like http://localhost:5173, in lower case and with no / at the end, not ${wrong}.`,
    );
  if (memory && data !== undefined) throw new Error("Give --memory or --data, not both.");
  return { port: Number(port), stage, data: memory ? undefined : (data ?? ".data"), auth, corsOrigins };
}

function parseArguments(args: string[]) {
  const options = {
    port: { type: "string", default: "3000" },
    stage: { type: "string", default: "prod" },
    data: { type: "string" },
    memory: { type: "boolean", default: false },
    auth: { type: "boolean", default: false },
    "cors-origin": { type: "string", multiple: true, default: [] as string[] },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // The sentences after the first are advice about parsing that no option here needs.
    const [problem] = error instanceof Error ? error.message.split(". ") : [];
    throw new Error(`${problem ?? ""}. Try npm start -- --help.`, { cause: error });
  }
}
