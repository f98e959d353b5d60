import { parseDocument, type Document } from "yaml";
import type { Fork } from "./fork.ts";

type Change = (text: string, parts: string[]) => string;

/** What somebody does who reads a sentence of routes.test.ts: each begins with the file. */
const changes: [sentence: RegExp, Change][] = [
  [
    /^(\S+): take (\S+) (\S+) out of paths:/,
    inYaml((document, [method = "", path = ""]) => {
      document.deleteIn(["paths", path, method.toLowerCase()]);
      removeEmpty(document, ["paths", path], "parameters");
    }),
  ],
  [
    /^(\S+): take (\S+) out of components\/(\S+):/,
    inYaml((document, [name = "", kind = ""]) => {
      document.deleteIn(["components", kind, name]);
      removeEmpty(document, ["components", kind]);
    }),
  ],
  [
    /^(\S+): take (\S+ \S+) out of the table/,
    (text, [route = ""]) =>
      text
        .replace(`\`${route}\`, `, "")
        .replace(`, \`${route}\` |`, " |")
        .replace(/^.*\n/gm, (row) => (row.startsWith(`| \`${route}\` |`) ? "" : row)),
  ],
  [/^(\S+): take out the table "(.*)":/, (text, [header = ""]) => withoutParts(text, "\n\n", header)],
  [
    /^(\S+): take out the section "(.*)":/,
    (text, [section = ""]) => withoutParts(text, /\n(?=## )/, `## ${section}\n`),
  ],
  [
    /^(\S+): take out of ".*", with the answer below it: (.*)$/,
    (text, [line = ""]) => {
      const lines = text.split("\n");
      return lines.toSpliced(lines.indexOf(line), 2).join("\n");
    },
  ],
];

/** Does in a fork what a sentence asks for. */
export function follow({ edit }: Fork, sentence: string): void {
  for (const [pattern, change] of changes) {
    const [, file, ...parts] = pattern.exec(sentence) ?? [];
    if (file === undefined) continue;
    edit(file, (text) => change(text, parts));
    return;
  }
  throw new Error(`It is not said what to do where: ${sentence}`);
}

function inYaml(change: (document: Document, parts: string[]) => void): Change {
  return (text, parts) => {
    const document = parseDocument(text);
    change(document, parts);
    return document.toString({ lineWidth: 0, flowCollectionPadding: true });
  };
}

function removeEmpty(document: Document, path: string[], ...ignored: string[]): void {
  const { [path[0] ?? ""]: named } = document.toJS() as Record<string, Record<string, object>>;
  const left = Object.keys(named?.[path[1] ?? ""] ?? {}).filter((key) => !ignored.includes(key));
  if (left.length === 0) document.deleteIn(path);
}

function withoutParts(text: string, separator: string | RegExp, beginning: string): string {
  return text
    .split(separator)
    .filter((part) => !part.startsWith(beginning))
    .join(typeof separator === "string" ? separator : "\n");
}
