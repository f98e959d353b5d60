import { cpSync } from "node:fs";
import { join } from "node:path";

const entries = [
  ".github",
  "functions",
  "infra",
  "oidc",
  "README.md",
  "package.json",
  "package-lock.json",
  ".npmrc",
  ".gitattributes",
  ".gitignore",
  "tsconfig.json",
  "eslint.config.js",
  ".editorconfig",
  ".prettierignore",
];

/** Without what Terraform leaves beside what it applies. */
export function copyProject(from: string, to: string): void {
  for (const entry of entries) {
    cpSync(join(from, entry), join(to, entry), {
      recursive: true,
      filter: (path) => !path.includes(".terraform/") && !path.includes(".tfstate"),
    });
  }
}
