import { afterEach, beforeEach, expect, test, vi } from "vitest";

const names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "TABLE_NAME"];

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, name);
  vi.resetModules();
});
afterEach(() => { vi.unstubAllEnvs(); });

test.each(names.flatMap((name) => [[name, undefined], [name, ""]] as const))("%s of %j is refused when a function is loaded, by name", async (name, value) => {
  vi.stubEnv(name, value);
  await expect(import("./table.ts")).rejects.toThrow(`The environment variable ${name} is not set.`);
});

test("the credentials are those that Lambda gives a function", async () => {
  const { credentials, region } = await import("./environment.ts");
  expect([region, credentials]).toEqual([
    "AWS_REGION",
    { accessKeyId: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY", sessionToken: "AWS_SESSION_TOKEN" },
  ]);
});
