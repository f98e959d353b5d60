import { execFile, execFileSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { raw } from "jq-wasm";
import { expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { listen, stop } from "../../infra/local/gateway/server.ts";
import { scratchFolder } from "../../infra/testing/scratch.ts";
import { stages } from "./rules.ts";

interface Rules {
  deployment_branch_policy?: { protected_branches: boolean; custom_branch_policies: boolean };
  reviewers?: { type: string; id: number }[];
}

type Answer = [status: number, content: unknown];

const person = { login: "ada", id: 7 };
const refusal =
  "Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers protection rule.";

/** Asks the test what to answer. Like gh, it reads a secret without --body from standard input: the lines pasted after it. */
const program = `#!/bin/sh
case "$*" in *--input*) input=$(cat) ;; *--body*) ;; "secret set"*) input=$(cat) ;; esac
for word; do set -- "$@" --data-urlencode "word=$word"; shift; done
exec curl --silent --show-error --fail-with-body "$RECORDER" "$@" \\
  --data-urlencode "program=\${0##*/}" --data-urlencode "folder=$PWD" --data-urlencode "input=$input"
`;
const bin = scratchFolder({ gh: program, terraform: program });
for (const name of ["gh", "terraform"]) chmodSync(join(bin, name), 0o755);

const gitSettings = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};
const env = { ...gitSettings, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };

function git(...command: string[]): string {
  return execFileSync("git", command, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

const readFrom = (file: string) => readFileSync(join(root, file), "utf8");

/** The blocks of a README's sections. */
function blocksOf(file: string, ...headings: string[]): string[] {
  return headings.flatMap((heading) => {
    const [, section = ""] = readFrom(file).split(`\n## ${heading}\n`);
    return [...(section.split("\n## ")[0] ?? "").matchAll(/```sh\n(.*?)\n *```/gs)].map(([, block = ""]) => block);
  });
}

/** Everything to paste, in order: the second step is oidc/README.md's. */
const [make = "", ...others] = blocksOf("README.md", "Deploy from your fork");
const trust = blocksOf("oidc/README.md", "Set up", "Move the state into the bucket");
const pushes = /\*\*Push\*\*: `(.*?)` and `(.*?)`/.exec(readFrom("README.md"))?.slice(1) ?? [];
const pasted = [make, ...trust, ...others, ...pushes].join("\n");

/**
 * Stands in for GitHub: the user's own repository, whose environments get the rules that the plan includes. A request with
 * any other rule is refused as a whole; an accepted one replaces the existing rules.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
 * https://docs.github.com/en/rest/deployments/environments
 * https://docs.github.com/en/rest/deployments/branch-policies
 */
function makeGitHub(home: string, hasReviewers: boolean) {
  const environments: Record<string, Rules & { branches: string[] }> = {};
  const set: Record<string, string> = {};

  function createRepository(name: string): Answer {
    const [origin, clone] = [join(home, "origin.git"), join(home, name)];
    git("init", "--quiet", "--bare", "--initial-branch=main", origin);
    git("clone", "--quiet", origin, clone);
    for (const file of [".github/CODEOWNERS", "oidc/variables.tf", ".gitignore"])
      cpSync(join(root, file), join(clone, file));
    git("-C", clone, "add", "--all");
    git("-C", clone, "commit", "--quiet", "--message=Initial commit");
    git("-C", clone, "push", "--quiet");
    return [200, ""];
  }

  function answerTo(method: string, path: string, sent: unknown): Answer {
    const [, name = "", of = ""] = /^repos\/\{owner\}\/\{repo\}(?:\/environments\/(\w+)(.*))?$/.exec(path) ?? [];
    const environment = environments[name];
    if (path === "user") return [200, person];
    if (path.endsWith("{repo}")) return [200, { full_name: "ada/events", id: 42, owner: person }];
    if (method === "PUT" && name !== "" && of === "") {
      const rules = sent as Rules;
      if (rules.reviewers && !hasReviewers) return [422, { message: refusal }];
      environments[name] = { ...rules, branches: rules.deployment_branch_policy ? (environment?.branches ?? []) : [] };
      return [200, { name }];
    }
    if (method === "POST" && of === "/deployment-branch-policies") {
      if (!environment?.deployment_branch_policy?.custom_branch_policies) return [404, { message: "Not Found" }];
      environment.branches.push((sent as { name: string }).name);
      return [200, sent];
    }
    return [404, { message: "Not Found" }];
  }

  async function answer(words: string[], input: string): Promise<Answer> {
    const valueOf = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
    const [command = "", second = "", third = ""] = words;
    if (command === "repo" && second === "create") return createRepository(third);
    if (second === "set") set[third] = valueOf("--body") ?? input;
    if (command !== "api") return [200, ""];
    const field = valueOf("--raw-field")?.split("=");
    const sent: unknown = input === "" ? field && Object.fromEntries([field]) : JSON.parse(input);
    const path = words.find((word) => /^(user|repos\/.*)$/.test(word)) ?? "";
    const [status, content] = answerTo(valueOf("--method") ?? (sent ? "POST" : "GET"), path, sent);
    const shown = await raw(JSON.stringify(content), valueOf("--jq") ?? ".", ["-r"]);
    return [status, `${status < 400 ? shown : `gh: (HTTP ${status}) ${shown}`}\n`];
  }

  return { environments, set, answer };
}

/** The result of pasting all of it into a shell. */
async function follow(visibility: string, hasReviewers: boolean) {
  const home = scratchFolder();
  const { environments, set, answer } = makeGitHub(home, hasReviewers);
  const ran: string[] = [];
  const refused: string[] = [];

  async function record(asked: URLSearchParams): Promise<Answer> {
    const [words, value] = [asked.getAll("word"), (name: string) => asked.get(name) ?? ""];
    const isApi = words[0] === "api";
    const line = `${value("program")} ${words.join(" ")}`;
    if (!isApi) ran.push(`${relative(home, value("folder"))}$ ${line}`);
    const isBackend = words.includes("backend");
    const [status, content] =
      value("program") === "gh"
        ? await answer(words, value("input"))
        : [200, isBackend ? 'terraform {\n  backend "s3" {}\n}' : ""];
    if (status >= 400) refused.push(`${line}: ${status}`);
    return [status, content];
  }

  const server = createServer((request, response) => {
    void text(request)
      .then((body) => record(new URLSearchParams(body)))
      .catch((error: unknown): Answer => [500, String(error)])
      .then(([status, content]) => response.writeHead(status).end(content));
  });
  const { port } = await listen(server, 0);
  const own = {
    "--public": `--${visibility}`,
    NAME: "events",
    "OWNER/REPOSITORY": "acme/events-api",
    ACCOUNT_ID: "1234",
  };
  const script = Object.entries(own).reduce(
    (lines, [name, value]) => lines.replaceAll(new RegExp(`(?<!\\w)${name}\\b`, "g"), value),
    pasted,
  );
  try {
    const environment = { ...env, HOME: home, RECORDER: `http://127.0.0.1:${port}` };
    const shell = promisify(execFile)("bash", ["--noprofile", "--norc"], { cwd: home, env: environment });
    shell.child.stdin?.end(script);
    await shell;
  } finally {
    await stop(server);
  }
  const pushed = git("-C", join(home, "origin.git"), "show", "main:.github/CODEOWNERS");
  const variables = readFileSync(join(home, "events/oidc/terraform.tfvars"), "utf8");
  return { environments, set, ran, refused, owners: [...new Set(pushed.match(/@\w+$/gm))], variables };
}

const onlyMain = {
  deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  branches: ["main"],
};
const reviewed = { reviewers: [{ type: "User", id: person.id }] };

test.each([
  ["public", "Free", { ...onlyMain, ...reviewed }],
  ["private", "Team", onlyMain],
  ["private", "Enterprise", { ...onlyMain, ...reviewed }],
])(
  "following the README leaves stages that only main can deploy: %s, on GitHub %s",
  async (visibility, _plan, prod) => {
    const hasReviewers = "reviewers" in prod;
    const { refused, ...had } = await follow(visibility, hasReviewers);
    expect(had).toEqual({
      environments: Object.fromEntries(stages.map((stage) => [stage, stage === "prod" ? prod : onlyMain])),
      set: { AWS_ACCOUNT_ID: "1234", AWS_REGION: "ap-southeast-1", PROJECT: "events-api" },
      ran: [
        `$ gh repo create events --template acme/events-api --${visibility} --clone`,
        "events/oidc$ terraform init",
        "events/oidc$ terraform apply",
        "events/oidc$ terraform output -raw backend",
        "events/oidc$ terraform init -migrate-state -force-copy",
        "events/oidc$ gh secret set AWS_ACCOUNT_ID --body 1234",
        "events/oidc$ gh variable set AWS_REGION --body ap-southeast-1",
        "events/oidc$ gh variable set PROJECT --body events-api",
      ],
      owners: [`@${person.login}`],
      variables: 'repository = "ada/events"\nrepository_id = "42"\nrepository_owner_id = "7"\n',
    });
    const reviewers = "gh api --method PUT repos/{owner}/{repo}/environments/prod --input -: 422";
    expect(refused).toEqual(hasReviewers ? [] : [reviewers]);
  },
);

test("pasted lines have no comments, which zsh reads as arguments", () => {
  const headingsOf = (file: string) => [...readFrom(file).matchAll(/^## (.*)$/gm)].map(([, name = ""]) => name);
  const lines = [
    ...blocksOf("README.md", "Deploy from your fork", "Deploy by hand", "Take it down"),
    ...["oidc/README.md", "infra/README.md"].flatMap((file) => blocksOf(file, ...headingsOf(file))),
  ].flatMap((block) => block.split("\n"));
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => /(^|\s)#/.test(line))).toEqual([]);
});
