import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// A workflow runs them straight from a checkout, next to credentials: there npm has installed nothing.
test.each(["comment-plans.ts", "describe-plan.ts", "explain-token.ts", "report-drift.ts"])(
  "%s imports from Node and from this folder only",
  (script) => {
    const files = [script];
    for (const file of files) {
      const imported = [
        ...readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/^(?:import|export) [^"=]*"([^"]+)";$/gm),
      ].map(([, from = ""]) => from);
      const ours = imported.filter((from) => !from.startsWith("node:"));
      expect(ours.filter((from) => !/^\.\/[a-z-]+\.ts$/.test(from))).toEqual([]);
      files.push(...ours.map((from) => from.slice(2)).filter((each) => !files.includes(each)));
    }
    expect(files).toContain("script.ts");
  },
);
