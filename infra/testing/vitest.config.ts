import { defineConfig } from "vitest/config";
import type { TestCase } from "vitest/node";
import { root } from "../build/functions.ts";

const suites = ["functions/**/*.test.ts"];

/** Ends tests that hang. Tests may take long on a busy machine. */
const testTimeout = 600_000;

/**
 * What a caller sees is tested against the handlers' source and the shipped bundles, or with API_URL
 * against the deployed API; everything else is tested once. Vitest takes projects by name: the first two
 * wait more than they compute, which leaves the processor to the linters.
 */
const projects =
  process.env["API_URL"] === undefined
    ? [
        project("bundle", suites),
        project("source", suites),
        project("tooling", ["infra/**/*.test.ts", ".github/**/*.test.ts"]),
      ]
    : [project("deployed", suites)];

export default defineConfig({
  test: {
    root,
    globalSetup: process.env["BUILD"] === "never" ? [] : "infra/build/build-before-tests.ts", // as in infra/verification/forks
    projects: projects.map((test) => ({ test, logLevel: "error" })), // GitHub's packages refer to source maps that they lack
    silent: "passed-only", // a failing test shows its log
    maxWorkers: "100%",
    slowTestThreshold: 10_000,
    reporters: ["default", { onTestCaseResult: printSkipped }],
  },
});

function project(name: string, include: string[]) {
  return {
    name,
    include,
    env: { TARGET: name, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    setupFiles: "infra/testing/setup.ts",
    testTimeout,
    hookTimeout: testTimeout,
    isolate: false, // see setup.ts
    maxConcurrency: 100, // tests that wait for a timeout wait together
    // GitHub's packages import JSON in a way that Node rejects and Vite supports.
    server: { deps: { inline: [/@actions/] } },
  };
}

/** The default reporter only counts skipped tests; this prints their reasons. */
function printSkipped(test: TestCase): void {
  const result = test.result();
  if (result.state === "skipped")
    console.log(`skipped: [${test.project.name}] ${test.fullName}: ${result.note ?? "no reason given"}`);
}
