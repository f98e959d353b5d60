import { CognitoJwtVerifier } from "aws-jwt-verify";
import type { Jwk } from "aws-jwt-verify/jwk";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { makeUserPool } from "./tokens.ts";

const pool = await makeUserPool();
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string;

/** AWS's own verifier, with the pool's keys cached instead of fetched. */
function verifierOf(tokenUse: "access" | "id") {
  const userPoolId = pool.issuer.split("/").at(-1) ?? "";
  const verifier = CognitoJwtVerifier.create({ userPoolId, tokenUse, clientId: pool.audience[0] ?? "" });
  verifier.cacheJwks({ keys: pool.keys.keys as Jwk[] });
  return verifier;
}

test("an access token has Cognito's header and claims, and no others", async () => {
  const before_s = Math.floor(Date.now() / 1000);
  const token = await pool.accessToken("alice");
  const claims = decodeJwt(token);
  expect(decodeProtectedHeader(token)).toEqual({ kid: pool.keys.keys[0]?.kid, alg: "RS256" });
  expect(claims).toEqual({
    sub: "alice",
    iss: "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_LocalPool",
    client_id: pool.audience[0],
    origin_jti: uuid,
    event_id: uuid,
    token_use: "access",
    scope: "aws.cognito.signin.user.admin",
    auth_time: claims.iat,
    exp: (claims.iat ?? 0) + 3600,
    iat: claims.iat,
    jti: uuid,
    username: "alice",
  });
  expect(claims.iat).toBeGreaterThanOrEqual(before_s);
});

test("given claims replace the token's own, and undefined removes one", async () => {
  const claims = decodeJwt(await pool.accessToken("alice", { scope: "events/write", client_id: undefined, extra: 1 }));
  expect(claims).toMatchObject({ sub: "alice", scope: "events/write", extra: 1 });
  expect(claims).not.toHaveProperty("client_id");
});

test("AWS's verifier accepts access tokens and ID tokens, and neither for the other", async () => {
  const [accessToken, idToken] = [await pool.accessToken("alice"), await pool.idToken("alice")];
  expect(await verifierOf("access").verify(accessToken)).toMatchObject({ sub: "alice", token_use: "access" });
  expect(await verifierOf("id").verify(idToken)).toMatchObject({
    sub: "alice",
    token_use: "id",
    "cognito:username": "alice",
  });
  await expect(verifierOf("access").verify(idToken)).rejects.toThrow("Token use not allowed: id. Expected: access");
  await expect(verifierOf("id").verify(accessToken)).rejects.toThrow("Token use not allowed: access. Expected: id");
});

test("only the public key is exposed, and each pool has its own", async () => {
  const other = await makeUserPool();
  expect(Object.keys(pool.keys.keys[0] ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
  expect(other.keys.keys[0]?.n).not.toBe(pool.keys.keys[0]?.n);
  expect(other.keys.keys[0]?.kid).not.toBe(pool.keys.keys[0]?.kid);
});

test("a pool can have another's issuer and client, so that its tokens suit an existing authorizer", async () => {
  const { issuer, audience, accessToken } = await makeUserPool({ issuer: "https://example.com", clientId: "client" });
  expect([issuer, audience]).toEqual(["https://example.com", ["client"]]);
  expect(decodeJwt(await accessToken("alice"))).toMatchObject({ iss: "https://example.com", client_id: "client" });
});
