/** Changes each expression of the functions; at least one of the callers' tests must fail. */
export default {
  mutate: ["functions/**/*.ts", "!functions/**/*.test.ts"],
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  // Without related, which follows imports: the handlers are imported by the path in their function.json.
  vitest: { configFile: "infra/verification/mutation/vitest.config.ts", related: false },
  coverageAnalysis: "perTest", // runs only the tests that reach the changed line
  dryRunTimeoutMinutes: 60,
  // Survivors only cost time or cannot happen: most are `?.` and `?? ""` that the types require.
  thresholds: { high: 100, low: 95, break: 95 },
  incremental: true,
  incrementalFile: ".data/mutation.json",
  reporters: ["clear-text", "progress-append-only"],
  concurrency: 1, // runs beside each other could exceed Stryker's time limits, which would count as noticed
  tempDirName: "dist/mutation",
  ignorePatterns: ["dist", ".data", ".terraform", "infra/verification/rehearsal", "oidc", ".github"],
};
