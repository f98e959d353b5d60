import { afterEach, expect, test, vi } from "vitest";
import { startIssuer } from "../trust/tokens.ts";
import { claimKeys, readToken } from "./web-identity.ts";

const { publicKey, issue } = startIssuer();
const stranger = startIssuer();
const token = await issue({ sub: "repo:a/b:ref:refs/heads/main", aud: "sts.amazonaws.com" });
const [head = "", payload = "", signature = ""] = token.split(".");
const audiences = ["sts.amazonaws.com"];
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

afterEach(() => {
  vi.useRealTimers();
});

test("a token yields the claims that AWS supports as condition keys, without a value those that it lacks", async () => {
  const claims = await readToken(await issue({ sub: "s", aud: "a", repository_id: "1", run_id: "2" }), publicKey, [
    "a",
  ]);
  if (typeof claims === "string") throw new Error(claims);
  const keys = claimKeys(claims);
  expect(Object.fromEntries(Object.entries(keys).filter(([, values]) => values.length > 0))).toEqual({
    "token.actions.githubusercontent.com:aud": ["a"],
    "token.actions.githubusercontent.com:sub": ["s"],
    "token.actions.githubusercontent.com:repository_id": ["1"],
  });
  expect(keys).toMatchObject({ "token.actions.githubusercontent.com:ref": [] });
});

test.each<[string, string, Date, string]>([
  ["another's key", await stranger.issue({ sub: "s" }), new Date(), "signature verification failed"],
  ["other claims", `${head}.${encode({ sub: "s" })}.${signature}`, new Date(), "signature verification failed"],
  ["no signature", `${head}.${payload}.`, new Date(), "signature verification failed"],
  [
    "no algorithm",
    `${encode({ alg: "none" })}.${payload}.`,
    new Date(),
    '"alg" (Algorithm) Header Parameter value not allowed',
  ],
  [
    "another issuer",
    await issue({ sub: "s", aud: "sts.amazonaws.com", iss: "https://token.example" }),
    new Date(),
    'unexpected "iss" claim value',
  ],
  ["another audience", await issue({ sub: "s", aud: "a" }), new Date(), 'unexpected "aud" claim value'],
  ["a past exp", token, later(601), '"exp" claim timestamp check failed'],
  ["a future nbf", token, later(-60), '"nbf" claim timestamp check failed'],
  ["two parts", `${head}.${payload}.${signature}.x`, new Date(), "Invalid Compact JWS"],
  ["a trailing line break", `${token}\n`, new Date(), "it contains white space"],
  ["no content", "", new Date(), "Invalid Compact JWS"],
])("a token with %s is refused", async (_what, given, now, complaint) => {
  vi.useFakeTimers({ now });
  expect(await readToken(given, publicKey, audiences)).toBe(`The token is refused: ${complaint}.`);
});
