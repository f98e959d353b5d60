import { callerOf, succeed, takeRole } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { elementOf } from "../gate/xml.ts";
import type { Substitute } from "./runner.ts";

/**
 * Stands in for aws-actions/configure-aws-credentials: gets the job's token from GitHub, assumes the role with it and puts
 * the role's keys into the job's environment. Throws without a token, if AWS refuses, or in another account.
 */
export function configureCredentials(gate: Gate): Substitute {
  return async ({ variables, env }, parameters) => {
    const {
      "role-session-name": sessionName,
      "role-duration-seconds": duration_s,
      "aws-region": region = "",
    } = parameters;
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = variables;
    if (url === undefined || bearer === undefined)
      throw new Error("The job has no permission id-token: write, and so no token.");
    const answer = await fetch(`${url}&audience=sts.amazonaws.com`, { headers: { authorization: `bearer ${bearer}` } });
    const { value: token } = (await answer.json()) as { value: string };
    const session = { sessionName: sessionName ?? "", duration_s: duration_s ?? "3600" };
    const credentials = await takeRole(gate.url, parameters["role-to-assume"] ?? "", token, session);
    if (typeof credentials === "string") throw new Error(credentials);
    const identity = await succeed(callerOf(gate.url, region, credentials), "sts GetCallerIdentity");
    const account = elementOf(identity, "Account") ?? "";
    const allowed = parameters["allowed-account-ids"] ?? account;
    if (!allowed.split(",").includes(account))
      throw new Error(`The account ${account} is not among the allowed ones: ${allowed}.`);
    Object.assign(env, {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    });
  };
}
