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

/** Without the state and the providers of Terraform. */
export function copyProject(from: string, to: string): void {
  for (const entry of entries) {
    cpSync(join(from, entry), join(to, entry), {
      recursive: true,
      filter: (path) => !path.includes(".terraform/") && !path.includes(".tfstate"),
    });
  }
}
