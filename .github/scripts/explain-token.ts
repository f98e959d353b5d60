import { addToSummary, readVariable, refuse, stageName } from "./step.ts";
import { adviceFor, compareClaims, parseObject, type Comparison } from "./trust-claims.ts";

/*
 * STAGE=staging TRUST="$(terraform -chdir=oidc output -json trust)" node .github/scripts/explain-token.ts
 *
 * For when AWS says "Not authorized to perform sts:AssumeRoleWithWebIdentity": in a job of the stage's environment, asks
 * GitHub for the token that AWS would see and says which claims the trust policy does not accept. The token itself is a
 * credential and is never printed.
 */

const stage = readVariable("STAGE", stageName, "the name of a stage, like staging");
const role = `deploy-${stage}`;
const printed = readVariable("TRUST", /\S/, "what `terraform -chdir=oidc output -json trust` prints");
// The one claim that must differ: this job is in its own file, which no role trusts.
const trust = printed.replaceAll("/deploy-stage.yml@", "/explain.yml@");
const comparisons = compare(readClaims(await askForToken()));
const differing = comparisons.filter(({ isMet }) => !isMet).map(({ claim }) => claim);
const verdict = differing.length === 0 ? whatElse() : whatDiffers();

const compared = comparisons.map(asLines).join("\n\n");
console.log(`What the role ${role} wants, and what GitHub's token says:\n\n${compared}\n\n${verdict}`);
addToSummary(`### The token for the role ${role}\n\n\`\`\`text\n${compared}\n\`\`\`\n\n${verdict}\n`);
if (differing.length > 0) process.exitCode = 1;

function compare(claims: Record<string, unknown>): Comparison[] {
  try {
    return compareClaims(trust, role, claims);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 *
 * What fetch throws is not shown: for an invalid header it would quote the token.
 */
async function askForToken(): Promise<string> {
  const what = "set, as in a job of GitHub Actions with the permission id-token: write";
  const url = readVariable("ACTIONS_ID_TOKEN_REQUEST_URL", /^https?:\/\/[^\s/]/, what);
  const authorization = `bearer ${readVariable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", /^[\x21-\x7e]+$/, what)}`;
  const answer = await fetch(`${url}&audience=sts.amazonaws.com`, {
    headers: { authorization },
    signal: AbortSignal.timeout(30_000),
  }).catch(() => undefined);
  if (!answer?.ok) refuse(`GitHub gave no token but answered ${answer?.status ?? "nothing"}: run this job again.`);
  return String(parseObject(await answer.text().catch(() => ""))?.["value"]);
}

/** AWS checks the signature. */
function readClaims(token: string): Record<string, unknown> {
  const [, payload = "", signature] = token.split(".");
  const claims = signature === undefined ? undefined : parseObject(Buffer.from(payload, "base64url").toString());
  return claims ?? refuse("GitHub answered with something that is not a token: run this job again.");
}

/** Quoted as JSON: a line break in a name must not start a line, which could be a command to GitHub or end a block. */
function asLines({ claim, said, wanted, isMet }: Comparison): string {
  return [
    `${isMet ? "as wanted" : "DIFFERENT"}  ${claim}`,
    `           wanted: ${wanted.map((value) => JSON.stringify(value)).join(" or ")}`,
    `           token:  ${said === undefined ? "does not say" : JSON.stringify(said)}`,
  ].join("\n");
}

function whatDiffers(): string {
  const advice = adviceFor(comparisons).map((sentence) => `- ${sentence}`);
  return `AWS refuses this token because ${differing.join(", ")} ${differing.length === 1 ? "differs" : "differ"}.\n\n${advice.join("\n")}`;
}

function whatElse(): string {
  return `Every claim is as wanted. If AWS still refuses the role, it is one of these:

- The secret AWS_ACCOUNT_ID is another account's, or the project and region variables differ from oidc/'s: the role PROJECT-${role} must be in that account.
- The account differs from TRUST: \`terraform -chdir=oidc plan\` must say "No changes".
- The account's provider for GitHub is missing or has another audience: \`aws iam list-open-id-connect-providers\` must list it, with sts.amazonaws.com as its client id.`;
}
