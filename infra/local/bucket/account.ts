import type { Secret } from "./signature.ts";

/** Where all that stands in for AWS here belongs. Its keys are made up and open nothing else. */
export const account = { region: "local", accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };

/** What Lambda puts into a function's environment. */
export const accountEnvironment = {
  AWS_REGION: account.region,
  AWS_ACCESS_KEY_ID: account.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
  AWS_SESSION_TOKEN: account.sessionToken,
};

export function secretOf(accessKeyId: string): Secret | undefined {
  return accessKeyId === account.accessKeyId
    ? { secret: account.secretAccessKey, sessionToken: account.sessionToken }
    : undefined;
}
