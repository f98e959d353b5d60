/** What `npm run mutate` does: npx stryker run --help says more. */
export default {
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner"), import.meta.resolve("./survivors.js")],
  // Without related, which follows imports: the handlers are imported by the path in their function.json.
  vitest: { configFile: "infra/mutation/vitest.config.ts", related: false },
  mutate: ["functions/**/*.ts", "!functions/**/*.test.ts"],
  reporters: ["survivors", "clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 95, break: 95 },
  ignoreStatic: false,
  concurrency: 1,
  tempDirName: "dist/mutation",
  ignorePatterns: ["dist", ".data", ".terraform", "infra/rehearsal", "oidc", ".github"],
};
