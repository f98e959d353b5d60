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
  ".terraform-version",
  "tsconfig.json",
  "eslint.config.js",
  ".editorconfig",
  ".prettierignore",
];

/** Without installed packages, and without the state and the providers of Terraform. */
export function copyProject(from: string, to: string): void {
  for (const entry of entries) {
    cpSync(join(from, entry), join(to, entry), {
      recursive: true,
      filter: (path) => !/\/node_modules$|\.terraform\/|\.tfstate/.test(path),
    });
  }
}
