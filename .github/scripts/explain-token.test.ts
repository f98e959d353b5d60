import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { listen, stop } from "../../infra/local/gateway/server.ts";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { callScript } from "./call-script.ts";

const trust = readFileSync(join(root, "oidc/tests/trust.json"), "utf8");
const requestToken = "a-request-token-that-nobody-may-see";
const signature = "a-signature-that-nobody-may-see";
const claims = {
  iss: "https://token.actions.githubusercontent.com",
  sub: "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
  repository: "Octo-Org/Events.API",
  repository_id: "987654321",
  repository_owner_id: "1234567",
  ref: "refs/heads/main",
  environment: "prod",
  job_workflow_ref: "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main",
  actor: "someone-who-is-not-asked-about",
};

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map(stop));
});

/** Stands in for GitHub's endpoint for tokens: who asks as a job does gets these claims, for the audience asked for. */
async function startTokens(
  given: Record<string, unknown>,
  answer?: { status: number; content: string },
): Promise<Record<string, string>> {
  const server = createServer(({ url = "", headers }, response) => {
    const asked = new URL(url, "http://localhost");
    const isAllowed =
      headers.authorization === `bearer ${requestToken}` && asked.searchParams.get("api-version") === "2.0";
    const payload = Buffer.from(JSON.stringify({ ...given, aud: asked.searchParams.get("audience") })).toString(
      "base64url",
    );
    response
      .writeHead(answer?.status ?? (isAllowed ? 200 : 401))
      .end(answer?.content ?? JSON.stringify({ value: `e30.${payload}.${signature}` }));
  });
  servers.push(server);
  const { port } = await listen(server, 0);
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  };
}

async function explain(environment: Record<string, string>) {
  const file = join(scratchFolder({ summary: "" }), "summary");
  const ended = await callScript("explain-token.ts", {
    environment: { STAGE: "prod", TRUST: trust, GITHUB_STEP_SUMMARY: file, ...environment },
  });
  const summary = readFileSync(file, "utf8");
  for (const secret of [requestToken, signature, "someone-who-is-not-asked-about"])
    expect(JSON.stringify([ended, summary])).not.toContain(secret);
  return { ...ended, summary };
}

test("shows each claim beside what is wanted, and which one differs and why", async () => {
  const sub = 'repo:Octo-Org/Events.API:environment:Prod|<b>"🚀';
  const { exitCode, output, errors, summary } = await explain(
    await startTokens({ ...claims, sub, environment: undefined }),
  );
  expect([exitCode, errors]).toEqual([1, ""]);
  expect(output).toBe(`What the role deploy-prod wants, and what GitHub's token says:

as wanted  iss
           wanted: "https://token.actions.githubusercontent.com"
           token:  "https://token.actions.githubusercontent.com"

as wanted  aud
           wanted: "sts.amazonaws.com"
           token:  "sts.amazonaws.com"

DIFFERENT  environment
           wanted: "prod"
           token:  does not say

as wanted  job_workflow_ref
           wanted: "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main"
           token:  "Octo-Org/Events.API/.github/workflows/deploy-stage.yml@refs/heads/main"

as wanted  ref
           wanted: "refs/heads/main"
           token:  "refs/heads/main"

as wanted  repository_id
           wanted: "987654321"
           token:  "987654321"

as wanted  repository_owner_id
           wanted: "1234567"
           token:  "1234567"

DIFFERENT  sub
           wanted: "repo:Octo-Org/Events.API:environment:prod" or "repo:Octo-Org@1234567/Events.API@987654321:environment:prod"
           token:  "repo:Octo-Org/Events.API:environment:Prod|<b>\\"🚀"

AWS refuses this token, since environment, sub differ.

- The job ran in no environment of GitHub: its \`environment:\` must be prod, and so must the name under Settings, Environments, letter by letter.
- The job ran in another environment: its \`environment:\` must be prod, and so must the name under Settings, Environments, letter by letter.
`);
  const rows = summary.split("\n");
  expect(rows.slice(0, 4)).toEqual([
    "### The token for the role deploy-prod",
    "",
    "| | claim | the trust policy wants | the token says |",
    "| --- | --- | --- | --- |",
  ]);
  expect(rows.slice(4, 12)).toContain(
    "| as wanted | ref | <code>refs/heads/main</code> | <code>refs/heads/main</code> |",
  );
  expect(rows.slice(4, 12)).toContain("| **different** | environment | <code>prod</code> | does not say |");
  expect(rows[11]).toBe(
    "| **different** | sub | <code>repo&#58;Octo-Org/Events.API&#58;environment&#58;prod</code><br>" +
      "<code>repo&#58;Octo-Org&#64;1234567/Events.API&#64;987654321&#58;environment&#58;prod</code> " +
      "| <code>repo&#58;Octo-Org/Events.API&#58;environment&#58;Prod&#124;&#60;b&#62;&#34;&#128640;</code> |",
  );
  expect(summary).toContain("\n\nAWS refuses this token, since environment, sub differ.\n\n- The job ran ");
});

test("says what else can be wrong when every claim is as wanted", async () => {
  const { exitCode, output, errors, summary } = await explain(await startTokens(claims));
  expect([exitCode, errors, output.includes("DIFFERENT"), summary.includes("different")]).toEqual([
    0,
    "",
    false,
    false,
  ]);
  for (const shown of [output, summary]) {
    expect(shown).toContain(
      "Every claim is as wanted. If AWS refuses the role all the same, it is one of these:\n\n- The secret AWS_ACCOUNT_ID is ",
    );
    expect(shown).toMatch(
      /- The account's provider for GitHub is missing [^]*- AWS does not evaluate one of the claims: oidc\/README\.md /,
    );
  }
});

test("a line break in a claim begins no line, which GitHub could take for a command", async () => {
  const named = "a\n::warning::b";
  const { output } = await explain(
    await startTokens({
      ...claims,
      sub: `repo:a/b:environment:${named}`,
      environment: named,
      ref: named,
      job_workflow_ref: `a/b/c@${named}`,
    }),
  );
  expect(output).toContain("DIFFERENT  ref");
  expect(output).not.toMatch(/^\s*::/m);
});

describe("refuses in one sentence, without a token,", () => {
  test.each<[what: string, more: Record<string, string>, sentence: string]>([
    [
      "a job that may not ask for a token",
      { ACTIONS_ID_TOKEN_REQUEST_URL: "" },
      "The environment variable ACTIONS_ID_TOKEN_REQUEST_URL must be there, which it is in a job of GitHub Actions with the permission id-token: write; it is empty or not set.\n",
    ],
    [
      "a request token that fetch would print",
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${requestToken}\nx` },
      "The environment variable ACTIONS_ID_TOKEN_REQUEST_TOKEN must be there, which it is in a job of GitHub Actions with the permission id-token: write.\n",
    ],
    [
      "a request token that GitHub does not know",
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" },
      "GitHub gives no token, it answers 401: run this job again.\n",
    ],
    [
      "no stage",
      { STAGE: "" },
      "The environment variable STAGE must be the name of a stage, like staging; it is empty or not set.\n",
    ],
    [
      "a stage that oidc/ does not know",
      { STAGE: "dev" },
      "TRUST knows no role deploy-dev, but deploy-prod, deploy-staging, plan: name its stage in oidc/terraform.tfvars, apply oidc/, and take what `terraform -chdir=oidc output -json trust` prints.\n",
    ],
    [
      "no trust",
      { TRUST: " " },
      "The environment variable TRUST must be what `terraform -chdir=oidc output -json trust` prints.\n",
    ],
    [
      "a trust that is not JSON",
      { TRUST: "deploy-prod" },
      "TRUST must be the JSON that `terraform -chdir=oidc output -json trust` prints.\n",
    ],
  ])("%s", async (_what, more, sentence) => {
    expect(await explain({ ...(await startTokens(claims)), ...more })).toEqual({
      exitCode: 1,
      output: "",
      errors: sentence,
      summary: "",
    });
  });

  test.each<[what: string, status: number, content: string, sentence: string]>([
    ["an error of GitHub", 500, signature, "GitHub gives no token, it answers 500: run this job again.\n"],
    [
      "an answer that is not JSON",
      200,
      signature,
      "GitHub answered with something that is not a token: run this job again.\n",
    ],
    [
      "an answer without a token",
      200,
      "null",
      "GitHub answered with something that is not a token: run this job again.\n",
    ],
    [
      "a token that is no JSON Web Token",
      200,
      `{"value": "${signature}"}`,
      "GitHub answered with something that is not a token: run this job again.\n",
    ],
    [
      "a token without a signature",
      200,
      '{"value": "e30.e30"}',
      "GitHub answered with something that is not a token: run this job again.\n",
    ],
    [
      "a token with claims that are none",
      200,
      `{"value": "e30.MQ.${signature}"}`,
      "GitHub answered with something that is not a token: run this job again.\n",
    ],
  ])("%s", async (_what, status, content, sentence) => {
    expect(await explain(await startTokens(claims, { status, content }))).toEqual({
      exitCode: 1,
      output: "",
      errors: sentence,
      summary: "",
    });
  });

  test("a GitHub that cannot be reached", async () => {
    const environment = await startTokens(claims);
    await Promise.all(servers.splice(0).map(stop));
    expect(await explain(environment)).toEqual({
      exitCode: 1,
      output: "",
      errors: "GitHub gives no token, it answers nothing: run this job again.\n",
      summary: "",
    });
  });
});
