import { defineConfig } from "vitest/config";

/** The callers' suites on the source: Stryker changes the source, and the bundles have no names left to change. */
export default defineConfig({
  test: {
    include: process.env["SUITES"]?.split(",") ?? ["functions/**/*.test.ts"],
    env: { TARGET: "source", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    testTimeout: 10_000, // many changes make a test wait in vain
    hookTimeout: 30_000,
    maxConcurrency: 100,
  },
});
