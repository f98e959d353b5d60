import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

export const issuer = "https://token.actions.githubusercontent.com";

/** Stands for GitHub as the issuer of tokens: a key made for one rehearsal, and tokens signed with it. */
export interface TokenIssuer {
  publicKey: KeyObject;
  /** A token with these claims, valid for ten minutes unless they say otherwise. */
  issue: (claims: Record<string, string | number>) => string;
}

export function startIssuer(): TokenIssuer {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    publicKey,
    issue: (claims) => {
      const now_s = Math.floor(Date.now() / 1000);
      const header = encode({ alg: "RS256", typ: "JWT", kid: "rehearsal" });
      const payload = encode({ iss: issuer, iat: now_s, nbf: now_s - 5, exp: now_s + 600, ...claims });
      const signature = sign("RSA-SHA256", Buffer.from(`${header}.${payload}`), privateKey).toString("base64url");
      return `${header}.${payload}.${signature}`;
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
