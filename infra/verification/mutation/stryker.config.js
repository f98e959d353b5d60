/** Changes each expression of the functions: at least one of the callers' tests has to fail for it. */
export default {
  mutate: ["functions/**/*.ts", "!functions/**/*.test.ts"],
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  // Without related, which follows imports: the handlers are imported by the path in their function.json.
  vitest: { configFile: "infra/verification/mutation/vitest.config.ts", related: false },
  coverageAnalysis: "perTest", // of the tests, only those that reach the changed line
  dryRunTimeoutMinutes: 60,
  // What survives costs time only, or cannot happen: most of it is `?.` and `?? ""` that the types ask for.
  thresholds: { high: 100, low: 95, break: 95 },
  incremental: true,
  incrementalFile: ".data/mutation.json",
  reporters: ["clear-text", "progress-append-only"],
  concurrency: 1, // the tests of faults wait for each other's timeouts, and time is what they are about
  tempDirName: "dist/mutation",
  ignorePatterns: ["dist", ".data", ".terraform", "infra/verification/rehearsal", "oidc", ".github"],
};
