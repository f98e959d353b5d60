import { expect, test } from "vitest";
import { startIssuer } from "../trust/tokens.ts";
import { contextOf, readToken } from "./web-identity.ts";

const { publicKey, issue } = startIssuer();
const stranger = startIssuer();
const token = issue({ sub: "repo:a/b:ref:refs/heads/main", aud: "sts.amazonaws.com" });
const [head = "", payload = "", signature = ""] = token.split(".");
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token gives the claims that AWS knows, as condition keys", () => {
  const claims = readToken(issue({ sub: "s", aud: "a", repository_id: "1", run_id: "2" }), publicKey, new Date());
  if (typeof claims === "string") throw new Error(claims);
  expect(contextOf(claims)).toEqual({
    "token.actions.githubusercontent.com:aud": ["a"],
    "token.actions.githubusercontent.com:sub": ["s"],
    "token.actions.githubusercontent.com:repository_id": ["1"],
  });
});

test.each<[string, string, Date, string]>([
  ["another's key", stranger.issue({ sub: "s" }), new Date(), "The token's signature does not match."],
  ["other claims", `${head}.${encode({ sub: "s" })}.${signature}`, new Date(), "The token's signature does not match."],
  ["no signature", `${head}.${payload}.`, new Date(), "The token's signature does not match."],
  ["no algorithm", `${encode({ alg: "none" })}.${payload}.`, new Date(), "The token must be signed with RS256."],
  [
    "another issuer",
    issue({ sub: "s", iss: "https://token.example" }),
    new Date(),
    "The token's issuer is not https://token.actions.githubusercontent.com.",
  ],
  ["its time over", token, later(601), "The token has expired."],
  ["its time not begun", token, later(-6), "The token is not valid yet."],
  ["two parts", `${head}.${payload}.${signature}.x`, new Date(), "The token is not a JSON Web Token."],
  ["a line break at its end", `${token}\n`, new Date(), "The token is not a JSON Web Token."],
  ["nothing in it", "", new Date(), "The token is not a JSON Web Token."],
])("a token with %s is refused", (_what, given, now, complaint) => {
  expect(readToken(given, publicKey, now)).toBe(complaint);
});
