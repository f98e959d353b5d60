import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/**
 * @param {string} regex matches the imports that are refused
 * @param {string} message
 * @returns {import("eslint").Linter.RulesRecord}
 */
function refuseImports(regex, message) {
  return { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] };
}

export default defineConfig(
  globalIgnores(["dist/", ".data/", "infra/verification/contract/client-types.ts", "infra/verification/bench/peers/"]), // the peers import packages that are not installed here
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "prefer-template": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // `${count} events` is plain; the rule would have numbers wrapped in String().
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Environment variables and JSON are index signatures, which tsc wants in brackets.
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: ["functions/**/*.ts"],
    rules: refuseImports(
      "^\\.\\./(?!_shared/)",
      "A function imports from ../_shared/ and from packages: never from another function or from infra/.",
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
