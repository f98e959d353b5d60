import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFunctions, writeBundles } from "../bundle.ts";
import { root } from "../functions.ts";

const before = "There is no event with this id.";
const after = "This release knows of no event with this id.";

/** Edits get-event in the copy, code and memory, and builds it, as somebody would before a push. */
export async function editAndBuild(scratchPath: string): Promise<void> {
  const folder = join(scratchPath, "functions/get-event");
  const source = readFileSync(join(folder, "handler.ts"), "utf8");
  if (!source.includes(before)) throw new Error(`functions/get-event/handler.ts no longer says "${before}": name another text here.`);
  writeFileSync(join(folder, "handler.ts"), source.replace(before, after));
  const declaration = JSON.parse(readFileSync(join(folder, "function.json"), "utf8")) as object;
  writeFileSync(join(folder, "function.json"), JSON.stringify({ ...declaration, memory_mb: 512 }));
  symlinkSync(join(root, "node_modules"), join(scratchPath, "node_modules"));
  writeBundles(await bundleFunctions(join(scratchPath, "functions")), join(scratchPath, "dist"));
}

/** Throws unless the new code answers. */
export async function expectNewCode(url: string): Promise<void> {
  const body = await (await fetch(`${url}/events/unknown`)).text();
  if (!body.includes(after)) throw new Error(`The old code still answers: ${body}`);
}
