import { createPublicKey, type JsonWebKey } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { makeUserPool, type UserPool } from "../local/sign-in/tokens.ts";

/** Tokens that an API that trusts this pool must refuse with 401, on a route without scopes. */
export async function refusedTokens(pool: UserPool) {
  const good = await pool.accessToken("alice");
  const [header = "", payload = "", signature = ""] = good.split(".");
  const { kid = "" } = decodeProtectedHeader(good);
  const claims = decodeJwt(good);
  const stranger = await makeUserPool({ issuer: pool.issuer, clientId: pool.audience[0] ?? "" });
  const in10Minutes_s = Math.floor(Date.now() / 1000) + 600;
  const of = (changed: Record<string, unknown>) => pool.accessToken("alice", changed);
  const [segments, malformed] = ["token contains an invalid number of segments", "the token is malformed"];
  const [unknownKey, forged] = ["the key of the token is not known", "the signature is invalid"];
  const [issuer, audience] = ["issuer does not match", "the token does not have a valid audience"];
  const expired = "the token has expired";
  const badMethod = (alg: string) => `signing method ${alg} is invalid`;
  // The classic forgery: code that trusts the token's algorithm uses the public key as a shared secret.
  const publicKey = createPublicKey({ key: pool.keys.keys[0] as JsonWebKey, format: "jwk" });
  const secret = Buffer.from(publicKey.export({ type: "spki", format: "pem" }));
  const signedWithPublicKey = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid }).sign(secret);
  const unsigned = (alg: string) => `${encode({ alg, kid })}.${encode(claims)}.`;

  const cases: [what: string, token: string | string[], description: string | undefined][] = [
    ["no token", [], undefined],
    ["an empty header", [""], undefined],
    ["garbage", "garbage", segments],
    ["only the scheme", ["Bearer"], segments],
    ["another scheme", ["Basic YWxpY2U6c2VjcmV0"], segments],
    ["two valid tokens", [`Bearer ${good}`, `Bearer ${good}`], segments],
    ["three empty parts", "..", malformed],
    ["three parts that are not JSON", "a.b.c", malformed],
    ["no algorithm", unsigned("none"), badMethod("none")],
    ["no algorithm, in mixed case", unsigned("NonE"), badMethod("NonE")],
    ["an algorithm that would break out of the answer's header", unsigned('x"\r\ny: z'), badMethod("xyz")],
    ["HS256 signed with the public key", signedWithPublicKey, badMethod("HS256")],
    ["claims changed after signing", `${header}.${encode({ ...claims, sub: "bob" })}.${signature}`, forged],
    ["no signature", `${header}.${payload}.`, forged],
    ["another key under the pool's kid", await stranger.sign(claims, { kid }), forged],
    ["an unknown kid", await stranger.accessToken("alice"), unknownKey],
    ["its own key in the header", await stranger.sign(claims, { jwk: stranger.keys.keys[0] }), unknownKey],
    ["no kid", await pool.sign(claims, { kid: undefined }), unknownKey],
    ["another issuer", await of({ iss: pool.issuer.replace(/_\w+$/, "_Other") }), issuer],
    ["the issuer with a / at its end", await of({ iss: `${pool.issuer}/` }), issuer],
    ["no issuer", await of({ iss: undefined }), issuer],
    ["another client", await of({ client_id: "another" }), audience],
    ["another audience with the right client", await of({ aud: "another" }), audience],
    ["a list of other audiences", await of({ aud: ["another", "one more"] }), audience],
    ["neither audience nor client", await of({ client_id: undefined }), audience],
    ["an expiry in the past", await of({ exp: Math.floor(Date.now() / 1000) - 1 }), expired],
    ["no expiry", await of({ exp: undefined }), expired],
    ["an expiry that is text", await of({ exp: String(in10Minutes_s) }), expired],
    ["an nbf in the future", await of({ nbf: in10Minutes_s }), "the token is not valid yet"],
    ["an iat in the future", await of({ iat: in10Minutes_s }), "the token was issued in the future"],
  ];
  return cases.map(([what, token, description]) => ({
    what,
    authorization: typeof token === "string" ? [`Bearer ${token}`] : token,
    challenge:
      description === undefined ? "Bearer" : `Bearer scope="" error="invalid_token" error_description="${description}"`,
  }));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
