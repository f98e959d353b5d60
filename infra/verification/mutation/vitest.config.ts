import { defineConfig } from "vitest/config";

/** The callers' suites on the source, which Stryker changes; the bundles are minified. */
export default defineConfig({
  test: {
    include: ["functions/**/*.test.ts"],
    env: { TARGET: "source", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    setupFiles: "infra/testing/setup.ts",
    testTimeout: 0, // Stryker ends a run that takes much longer than before the change
    hookTimeout: 0,
  },
});
