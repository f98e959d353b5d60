import { verify, type Refusal, type SignedRequest } from "./signature.ts";

/** The account of the AWS emulators. Its keys are made up and work nowhere else. */
export const account = { region: "local", accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };

export const accountEnvironment = {
  AWS_REGION: account.region,
  AWS_ACCESS_KEY_ID: account.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
  AWS_SESSION_TOKEN: account.sessionToken,
};

export function signatureRefusal(request: SignedRequest, service: string, now: Date): Refusal | undefined {
  const { region, accessKeyId, secretAccessKey: secret, sessionToken } = account;
  const signer = verify(request, (key) => (key === accessKeyId ? { secret, sessionToken } : undefined), now);
  if ("reason" in signer) return signer;
  if (signer.service === service && signer.region === region) return undefined;
  const sentence = `The credential must be for the service ${service} in the region ${region}.`;
  return { reason: "malformed", sentence };
}
