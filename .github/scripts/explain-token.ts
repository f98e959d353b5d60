import { adviceFor } from "./claim-advice.ts";
import { addToSummary, expectVariable, runScript, stageName } from "./script.ts";
import { nearestStatement, readTrust, type Claims, type Comparison } from "./trust-claims.ts";

/*
 * STAGE=staging TRUST="$(terraform -chdir=oidc output -json trust)" node .github/scripts/explain-token.ts
 *
 * For the day AWS says "Not authorized to perform sts:AssumeRoleWithWebIdentity": in a job that would take the stage's role
 * it asks GitHub for the token that AWS would see, and says which claims are not what the trust policy wants. The token
 * itself is a credential and is never printed.
 */

await runScript(async () => {
  const stage = expectVariable("STAGE", stageName, "the name of a stage, like staging");
  const role = `deploy-${stage}`;
  const trust = expectVariable("TRUST", /\S/, "what `terraform -chdir=oidc output -json trust` prints");
  const statements = readTrust(trust, role);
  const claims = readClaims(await askForToken());
  const comparisons = nearestStatement(statements, claims);
  const isMet = comparisons.every((comparison) => comparison.isMet);
  const verdict = isMet ? whatElse(role) : whatDiffers(comparisons, claims);

  console.log(
    [`What the role ${role} wants, and what GitHub's token says:`, ...comparisons.map(asLines), ...verdict].join(
      "\n\n",
    ),
  );
  addToSummary([`### The token for the role ${role}`, asTable(comparisons), ...verdict, ""].join("\n\n"));
  if (!isMet) process.exitCode = 1;
});

/**
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 *
 * Errors never hold the request's token either: fetch would print one with a line break, as a header that is not valid.
 */
async function askForToken(): Promise<string> {
  const what = "there, which it is in a job of GitHub Actions with the permission id-token: write";
  const url = new URL(expectVariable("ACTIONS_ID_TOKEN_REQUEST_URL", /^https?:\/\/[^\s/]/, what));
  const token = expectVariable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", /^[\x21-\x7e]+$/, what);
  url.searchParams.set("audience", "sts.amazonaws.com");
  const answer = await fetch(url, {
    headers: { Authorization: `bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  }).catch(() => undefined);
  if (!answer?.ok)
    throw new Error(`GitHub gives no token, it answers ${answer ? answer.status : "nothing"}: run this job again.`);
  const { value } = ((await answer.json().catch(() => null)) ?? {}) as { value?: unknown };
  return typeof value === "string" ? value : "";
}

/** The middle one of the three parts of a JSON Web Token (RFC 7519); its signature is AWS's to check. */
function readClaims(token: string): Claims {
  const [, payload = "", signature] = token.split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    if (signature !== undefined && typeof claims === "object" && claims !== null) return claims as Claims;
  } catch {
    // Not JSON: said below.
  }
  throw new Error("GitHub answered with something that is not a token: run this job again.");
}

/** Quoted as JSON: a line break in a name cannot begin a line, which GitHub would take for a command. */
function asLines({ claim, said, wanted, isPattern, isMet }: Comparison): string {
  const values = wanted.map((value) => JSON.stringify(value)).join(" or ");
  return [
    `${isMet ? "as wanted" : "DIFFERENT"}  ${claim}`,
    `           wanted: ${isPattern ? "like " : ""}${values}`,
    `           token:  ${said === undefined ? "does not say" : JSON.stringify(said)}`,
  ].join("\n");
}

function asTable(comparisons: Comparison[]): string {
  const rows = comparisons.map(({ claim, said, wanted, isMet }) =>
    [
      isMet ? "as wanted" : "**different**",
      claim,
      wanted.map(asCode).join("<br>"),
      said === undefined ? "does not say" : asCode(said),
    ].join(" | "),
  );
  return [
    "| | claim | the trust policy wants | the token says |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

/** With nothing left that Markdown or HTML would take for its own: a table has no other way to hold any text. */
function asCode(value: string): string {
  return `<code>${value.replaceAll(/[^A-Za-z0-9 ./-]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`)}</code>`;
}

function whatDiffers(comparisons: Comparison[], claims: Claims): string[] {
  const names = comparisons.filter(({ isMet }) => !isMet).map(({ claim }) => claim);
  const advice = adviceFor(comparisons, claims).map((sentence) => `- ${sentence}`);
  return [
    `AWS refuses this token, since ${names.join(", ")} ${names.length === 1 ? "differs" : "differ"}.`,
    advice.join("\n"),
  ];
}

function whatElse(role: string): string[] {
  const causes = [
    "The secret AWS_ACCOUNT_ID is another account's, or the variables with the project's name and region are not those of oidc/: " +
      `the role PROJECT-${role} must be in that account.`,
    'What is in the account is not what TRUST says: `terraform -chdir=oidc plan` must say "No changes".',
    "The account's provider for GitHub is missing or has another audience: " +
      "`aws iam list-open-id-connect-providers` must list it, with sts.amazonaws.com as its client id.",
    "AWS does not evaluate one of the claims: oidc/README.md says which one to take out.",
  ];
  return [
    "Every claim is as wanted. If AWS refuses the role all the same, it is one of these:",
    causes.map((cause) => `- ${cause}`).join("\n"),
  ];
}
