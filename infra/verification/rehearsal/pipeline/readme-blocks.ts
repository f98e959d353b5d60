import { readFileSync } from "node:fs";

/**
 * The blocks of shell in a README's section, without the lines whose program is not to be run here:
 * what the rehearsal does is what the README says. Throws where the section has none.
 */
export function readmeBlocks(path: string, heading: string, notRun: string[] = []): [first: string, ...more: string[]] {
  const [, section = ""] = readFileSync(path, "utf8").split(`\n## ${heading}\n`);
  const blocks = [...(section.split("\n## ")[0] ?? "").matchAll(/```sh\n(.*?)\n```/gs)].map(([, block = ""]) =>
    block
      .split("\n")
      .filter((line) => !notRun.some((program) => line.startsWith(`${program} `)))
      .join("\n"),
  );
  const [first, ...more] = blocks;
  if (first === undefined) throw new Error(`${path} has no section "${heading}" with lines of shell.`);
  return [first, ...more];
}
