/** One run of Stryker, which main.ts makes for each file. */
export default {
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  // Without related, which follows imports: the handlers are imported by the path in their function.json.
  vitest: { configFile: "infra/verification/mutation/vitest.config.ts", related: false },
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: "dist/mutation.json" },
  ignoreStatic: false,
  concurrency: 1, // the tests of faults wait for each other's timeouts, and time is what they are about
  tempDirName: "dist/mutation",
  ignorePatterns: ["dist", ".data", ".terraform", "infra/verification/rehearsal", "oidc", ".github"],
};
