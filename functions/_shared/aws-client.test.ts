import { afterEach, beforeEach, expect, test, vi } from "vitest";

const names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "TABLE_NAME"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, name);
  vi.stubEnv("INDEX_SHARDS", "4");
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test.each(
  [...names, "INDEX_SHARDS"].flatMap(
    (name) =>
      [
        [name, undefined],
        [name, ""],
      ] as const,
  ),
)("loading fails with the name of the variable: %s=%j", async (name, value) => {
  vi.stubEnv(name, value);
  await expect(import("./table.ts")).rejects.toThrow(`The environment variable ${name} is not set.`);
});

test.each(["0", "1.5", "-1", "65", "many", "4 shards"])("loading fails with an INDEX_SHARDS of %j", async (value) => {
  vi.stubEnv("INDEX_SHARDS", value);
  await expect(import("./table.ts")).rejects.toThrow(
    "The environment variable INDEX_SHARDS must be an integer from 1 to 64.",
  );
});

test("reads the number of shards from INDEX_SHARDS", async () => {
  expect((await import("./table.ts")).shards).toBe(4);
});

test("reads region and credentials from the environment", async () => {
  const { credentials, region } = await import("./aws-client.ts");
  expect([region, credentials]).toEqual([
    "AWS_REGION",
    { accessKeyId: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY", sessionToken: "AWS_SESSION_TOKEN" },
  ]);
});
