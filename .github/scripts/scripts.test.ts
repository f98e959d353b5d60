import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { serve } from "../../infra/testing/serve.ts";

/** From 22.18 on Node runs TypeScript itself, as in a workflow. For earlier ones esbuild removes the types, once. */
const runsTypeScript = "typescript" in process.features && process.features.typescript !== false;
const scripts = runsTypeScript ? import.meta.dirname : withoutTypes("describe-plan", "explain-token");

function withoutTypes(...names: string[]): string {
  const outdir = scratchFolder({ "package.json": '{ "type": "module" }' });
  const entryPoints = names.map((name) => join(import.meta.dirname, `${name}.ts`));
  buildSync({ entryPoints, outdir, bundle: true, platform: "node", format: "esm" });
  return outdir;
}

/** Runs a script with only the given environment, and returns its output and files. */
async function run(script: string, environment: Record<string, string>, input = "") {
  const folder = scratchFolder({ summary: "What was there.\n" });
  const env = { GITHUB_STEP_SUMMARY: join(folder, "summary"), ...environment };
  const file = join(scripts, runsTypeScript ? `${script}.ts` : `${script}.js`);
  const child = spawn(process.execPath, [file, join(folder, "plans")], { cwd: root, env, stdio: "pipe" });
  const exitCode = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stdin.on("error", () => undefined).end(input); // it may end before reading everything
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const summary = readFileSync(join(folder, "summary"), "utf8").replace("What was there.\n", "");
  return { exitCode: await exitCode, output, errors, summary, plans: join(folder, "plans") };
}

test("scripts import only from Node and this folder: nothing is installed beside credentials", () => {
  for (const file of readdirSync(import.meta.dirname).filter((each) => !each.endsWith(".test.ts"))) {
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    const imported = [...source.matchAll(/^(?:import|export) [^"=]*"([^"]+)";$/gm)].map(([, from = ""]) => from);
    expect(imported.filter((from) => !/^(node:[a-z_/]+|\.\/[a-z-]+\.ts)$/.test(from))).toEqual([]);
  }
});

describe("describe-plan.ts", () => {
  const environment = { STAGE: "staging", AWS_ACCOUNT_ID: "123456789012" };
  const printed = "\n  # arn:aws:iam::123456789012:role/a\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n";

  test("writes the plan to the folder and the job's summary, without the account's number", async () => {
    const { plans, ...ended } = await run(
      "describe-plan",
      { ...environment, COMMIT: "a".repeat(40), DEPLOYED_COMMIT: "unknown" },
      printed,
    );
    const markdown = `### staging: Plan: 1 to add, 0 to change, 0 to destroy.

The commit that staging runs is unknown: most likely it was never deployed.

<details><summary>The plan</summary>

      # arn:aws:iam::***:role/a

    Plan: 1 to add, 0 to change, 0 to destroy.

</details>

`;
    expect(ended).toEqual({
      exitCode: 0,
      output: "staging: Plan: 1 to add, 0 to change, 0 to destroy.\n",
      errors: "",
      summary: markdown,
    });
    expect(readFileSync(join(plans, "staging.md"), "utf8")).toBe(markdown);
    expect(readFileSync(join(plans, "staging.txt"), "utf8")).toBe(
      "  # arn:aws:iam::***:role/a\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
    );
  });

  test("cuts a long plan to each of GitHub's limits, and keeps the whole in a file", async () => {
    const lines = "  + a = 123456789012 é\n".repeat(60_000);
    const { plans, summary } = await run("describe-plan", environment, lines);
    expect(readFileSync(join(plans, "staging.txt"), "utf8")).toBe(lines.replaceAll("123456789012", "***"));
    for (const [shown, limit] of [
      [summary, 1024 * 1024],
      [readFileSync(join(plans, "staging.md"), "utf8"), 64_000],
    ] as const) {
      expect(limit - Buffer.byteLength(shown)).toBeGreaterThanOrEqual(0);
      expect(limit - Buffer.byteLength(shown)).toBeLessThan(100);
    }
  });

  const noStage = "The environment variable STAGE must be the name of a stage, like staging.";
  test.each<[what: string, sentence: string, more: Record<string, string>, input: string]>([
    [
      "an empty plan, as when terraform fails",
      "There is no plan to describe: pipe `terraform show -no-color stack.tfplan` into it.",
      {},
      " \n",
    ],
    ["no stage", noStage, { STAGE: "" }, printed],
    ["a stage that is a path", noStage, { STAGE: "../a" }, printed],
    [
      "part of the account's number, which would be shown",
      "The environment variable AWS_ACCOUNT_ID must be the 12-digit AWS account number, which is removed.",
      { AWS_ACCOUNT_ID: "123" },
      printed,
    ],
    [
      "an invalid commit",
      "The environment variable DEPLOYED_COMMIT must be a commit of 40 digits, unknown, or empty.",
      { DEPLOYED_COMMIT: "main" },
      printed,
    ],
  ])("refuses %s, and writes nothing", async (_what, sentence, more, input) => {
    const { plans, ...ended } = await run("describe-plan", { ...environment, ...more }, input);
    expect(ended).toEqual({ exitCode: 1, output: "", errors: `::error::${sentence}\n`, summary: "" });
    expect(existsSync(plans)).toBe(false);
  });
});

describe("explain-token.ts", () => {
  const trust = readFileSync(join(root, "oidc/tests/trust.json"), "utf8");
  const requestToken = "a-secret-request-token";
  const signature = "a-secret-signature";
  const claims = {
    iss: "https://token.actions.githubusercontent.com",
    sub: "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
    repository_id: "987654321",
    repository_owner_id: "1234567",
    ref: "refs/heads/main",
    environment: "prod",
    job_workflow_ref: "Octo-Org/Events.API/.github/workflows/explain.yml@refs/heads/main",
    actor: "an-actor-not-in-the-trust",
  };

  /** With GitHub's token endpoint: a job's request gets these claims, for the requested audience. */
  async function explain(
    given: Record<string, unknown>,
    environment: Record<string, string> = {},
    answer?: { status: number; content: string },
  ) {
    const address = await serve(({ url = "", headers }, response) => {
      const asked = new URL(url, "http://localhost").searchParams;
      const isAllowed = headers.authorization === `bearer ${requestToken}` && asked.get("api-version") === "2.0";
      const payload = JSON.stringify({ ...given, aud: asked.get("audience") });
      const value = `e30.${Buffer.from(payload).toString("base64url")}.${signature}`;
      response.writeHead(answer?.status ?? (isAllowed ? 200 : 401)).end(answer?.content ?? JSON.stringify({ value }));
    });
    const { exitCode, output, errors, summary } = await run("explain-token", {
      STAGE: "prod",
      TRUST: trust,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      ...environment,
    });
    for (const secret of [requestToken, signature, claims.actor])
      expect(`${output}${errors}${summary}`).not.toContain(secret);
    return { exitCode, output, errors, summary };
  }

  test("shows each claim beside the wanted value, and says which differ and why", async () => {
    const sub = 'repo:Octo-Org/Events.API:environment:Prod|<b>"🚀\n```';
    const { exitCode, output, errors, summary } = await explain({ ...claims, sub, environment: undefined });
    expect([exitCode, errors]).toEqual([1, ""]);
    expect(output).toContain(`What the role deploy-prod wants, and what GitHub's token says:

as wanted  iss
           wanted: "https://token.actions.githubusercontent.com"
           token:  "https://token.actions.githubusercontent.com"

as wanted  aud
           wanted: "sts.amazonaws.com"
           token:  "sts.amazonaws.com"

DIFFERENT  environment
           wanted: "prod"
           token:  does not say
`);
    expect(output).toContain(`DIFFERENT  sub
           wanted: "repo:Octo-Org/Events.API:environment:prod" or "repo:Octo-Org@1234567/Events.API@987654321:environment:prod"
           token:  "repo:Octo-Org/Events.API:environment:Prod|<b>\\"🚀\\n\`\`\`"

AWS refuses this token because environment, sub differ.

- The job ran in no GitHub environment, or in another: `);
    const [, compared = ""] = /says:\n\n([^]*)\n\nAWS refuses/.exec(output) ?? [];
    expect(summary).toContain(
      `### The token for the role deploy-prod\n\n\`\`\`text\n${compared}\n\`\`\`\n\nAWS refuses`,
    );
    expect(summary).toContain("\n\nAWS refuses this token because environment, sub differ.\n\n- The job ran ");
  });

  test("lists other causes when every claim is as wanted", async () => {
    const { exitCode, output, errors, summary } = await explain(claims);
    expect([exitCode, errors, output.includes("DIFFERENT"), summary.includes("different")]).toEqual([
      0,
      "",
      false,
      false,
    ]);
    for (const shown of [output, summary])
      expect(shown).toContain(
        "\n\nEvery claim is as wanted. If AWS still refuses the role, it is one of these:\n\n- The secret ",
      );
  });

  test("a line break in a claim starts no line that GitHub could take for a command", async () => {
    const { output } = await explain({ ...claims, ref: "a\n::warning::b" });
    expect(output).toContain("DIFFERENT  ref");
    expect(output).not.toMatch(/^\s*::/m);
  });

  const noToken = "GitHub answered with something that is not a token: run this job again.";
  const notInAJob = "must be set, as in a job of GitHub Actions with the permission id-token: write.";
  test.each<[what: string, sentence: string, more?: Record<string, string>, status?: number, content?: string]>([
    [
      "a job that may not ask for a token",
      `The environment variable ACTIONS_ID_TOKEN_REQUEST_URL ${notInAJob}`,
      { ACTIONS_ID_TOKEN_REQUEST_URL: "" },
    ],
    [
      "a request token that fetch would print",
      `The environment variable ACTIONS_ID_TOKEN_REQUEST_TOKEN ${notInAJob}`,
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${requestToken}\nx` },
    ],
    [
      "a request token that GitHub does not know",
      "GitHub gave no token but answered 401: run this job again.",
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" },
    ],
    [
      "a GitHub that cannot be reached",
      "GitHub gave no token but answered nothing: run this job again.",
      { ACTIONS_ID_TOKEN_REQUEST_URL: "http://127.0.0.1:1/?a" },
    ],
    [
      "no trust",
      "The environment variable TRUST must be what `terraform -chdir=oidc output -json trust` prints.",
      { TRUST: " " },
    ],
    [
      "a trust that is not JSON",
      "TRUST must be the JSON that `terraform -chdir=oidc output -json trust` prints.",
      { TRUST: "x" },
    ],
    ["an error of GitHub", "GitHub gave no token but answered 500: run this job again.", {}, 500, signature],
    ["an answer that is not JSON", noToken, {}, 200, signature],
    ["an answer without a token", noToken, {}, 200, "null"],
    ["a token without a signature", noToken, {}, 200, '{"value": "e30.e30"}'],
    ["a token with invalid claims", noToken, {}, 200, `{"value": "e30.MQ.${signature}"}`],
  ])("refuses %s, in one sentence without a token", async (_what, sentence, more = {}, status = 200, content) => {
    const ended = await explain(claims, more, content === undefined ? undefined : { status, content });
    expect(ended).toEqual({ exitCode: 1, output: "", errors: `::error::${sentence}\n`, summary: "" });
  });
});
