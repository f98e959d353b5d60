import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** The folders of infra/, bottom up: each imports from itself and from those before it. */
const layers = [
  "build/**",
  "local/runtime/**",
  "local/gateway/**",
  "local/sign-in/**",
  "local/bucket/**",
  "local/database/**",
  "local/*",
  "testing/**",
  "release/**",
  "verification/**",
].map((layer) => `./infra/${layer}`);

/** @type {{ target: string; from: string[]; message: string }[]} */
const imports = layers.slice(0, -1).map((layer, index) => ({
  target: layer,
  from: layers.slice(index + 1),
  message: "Import only from this folder and those below it; eslint.config.js has their order.",
}));

/**
 * @param {string} regex matches the imports that are refused
 * @param {string} message
 * @returns {import("eslint").Linter.RulesRecord}
 */
function refuseImports(regex, message) {
  return { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] };
}

export default defineConfig(
  globalIgnores(["dist/", ".data/", "infra/verification/bench/peers/"]), // the peers import packages that are not installed here
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    plugins: { "import-x": importX },
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    settings: {
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"], espree: [".js"] },
      "import-x/resolver": "node",
    },
    rules: {
      eqeqeq: "error",
      "prefer-template": "error",
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // `${count} events` is clear; the rule would require String() around numbers.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Environment variables and JSON are index signatures, which tsc wants in brackets.
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {
      globals: { console: "readonly", process: "readonly", Request: "readonly", Response: "readonly" },
    },
  },
  {
    files: ["infra/**"],
    ignores: ["**/*.test.ts"],
    rules: { "import-x/no-restricted-paths": ["error", { zones: imports }] },
  },
  {
    // infra/verification/ only checks the rest and can be deleted.
    files: ["**/*.ts"],
    ignores: ["infra/verification/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "/verification/",
              message: "infra/verification/ can be deleted: only its own files import from it.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["functions/**/*.ts"],
    rules: refuseImports(
      "^\\.\\./(?!_shared/)",
      "A function imports from ../_shared/, its own folder and packages: never from another function or from infra/.",
    ),
  },
  {
    files: ["functions/**/*.test.ts"],
    rules: refuseImports(
      "^\\.\\./(?!_shared/|\\.\\./infra/testing/api\\.ts$)",
      "A function's test may also import ../../infra/testing/api.ts, the test client, and nothing else of infra/.",
    ),
  },
);
