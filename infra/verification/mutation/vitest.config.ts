import { defineConfig } from "vitest/config";

/** The callers' suites on the source: Stryker changes the source, and the bundles have no names left to change. */
export default defineConfig({
  test: {
    include: ["functions/**/*.test.ts"],
    env: { TARGET: "source", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    testTimeout: 0, // Stryker ends what takes much longer than it did before the change
    hookTimeout: 0,
  },
});
