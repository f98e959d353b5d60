import { randomBytes, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

type Claims = Record<string, unknown>;

export type UserPool = Awaited<ReturnType<typeof makeUserPool>>;

/** A made-up pool in Cognito's format: the issuer ends in REGION_ID, and client ids have 26 characters. */
const local = {
  issuer: "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_LocalPool",
  clientId: "localclientoftheeventsapi0",
};

const scope = "aws.cognito.signin.user.admin";

/**
 * Emulates a Cognito user pool with one app client. Its key is new each time, so its tokens expire with the process.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export async function makeUserPool({ issuer, clientId } = local) {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const kid = randomBytes(32).toString("base64");
  const sign = (claims: Claims, header?: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ kid, alg: "RS256", ...header }).sign(privateKey);
  const issue = (sub: string, own: Claims, claims: Claims = {}) => {
    const now_s = Math.floor(Date.now() / 1000);
    const ids = { origin_jti: randomUUID(), event_id: randomUUID(), jti: randomUUID() };
    return sign({ sub, iss: issuer, ...own, ...ids, auth_time: now_s, exp: now_s + 3600, iat: now_s, ...claims });
  };
  return {
    issuer,
    audience: [clientId],
    keys: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" }] },
    /** Any claims, signed with the pool's key; `header` replaces or adds fields of the token's header. */
    sign,
    /** An access token of `sub`, valid for an hour; `claims` replace its own, undefined removes one. */
    accessToken: (sub: string, claims?: Claims) =>
      issue(sub, { client_id: clientId, token_use: "access", scope, username: sub }, claims),
    idToken: (sub: string, claims?: Claims) =>
      issue(sub, { aud: clientId, token_use: "id", "cognito:username": sub }, claims),
  };
}
