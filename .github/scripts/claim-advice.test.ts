import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../infra/build/functions.ts";
import { adviceFor } from "./claim-advice.ts";
import { nearestStatement, readTrust } from "./trust-claims.ts";

const statements = readTrust(readFileSync(join(root, "oidc/tests/trust.json"), "utf8"), "deploy-prod");
const workflows = "Octo-Org/Events.API/.github/workflows";
const claims = {
  iss: "https://token.actions.githubusercontent.com",
  aud: "sts.amazonaws.com",
  sub: "repo:Octo-Org@1234567/Events.API@987654321:environment:prod",
  repository: "Octo-Org/Events.API",
  repository_id: "987654321",
  repository_owner_id: "1234567",
  ref: "refs/heads/main",
  environment: "prod",
  job_workflow_ref: `${workflows}/deploy-stage.yml@refs/heads/main`,
};

const repository =
  "The repository is not the one that oidc/ was applied for: it was renamed, transferred or made again, it is a fork, or its letter case differs. " +
  "Run the `gh api` line of oidc/README.md once more, for the repository that ran this, then `terraform apply`.";
const feature =
  'It did not run on main: start it there, with `gh workflow run NAME --ref main` or "Use workflow from" on GitHub\'s page.';
const template =
  "The subject is a customised one: go back to GitHub's own with `gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub --field use_default=true`, " +
  "or write yours into oidc/trust.tf and apply oidc/.";
const inEnvironment = (ran: string) =>
  `The job ran in ${ran}: its \`environment:\` must be prod, and so must the name under Settings, Environments, letter by letter.`;
const otherFile = `The job stands in another file than ${claims.job_workflow_ref}: move it back, or write its new name into oidc/trust.tf and apply oidc/.`;

test.each<[what: string, changes: Record<string, string | undefined>, advice: string[]]>([
  ["nothing is wrong", {}, []],
  ["the classic subject", { sub: "repo:Octo-Org/Events.API:environment:prod" }, []],
  [
    "another branch",
    { ref: "refs/heads/feature", job_workflow_ref: `${workflows}/deploy-stage.yml@refs/heads/feature` },
    [feature],
  ],
  ["another branch that calls main's workflow", { ref: "refs/heads/feature" }, [feature]],
  [
    "main that calls another branch's workflow",
    { job_workflow_ref: `${workflows}/deploy-stage.yml@refs/heads/feature` },
    [
      "The job's workflow is not the one of refs/heads/main: call it by `uses: ./.github/workflows/deploy-stage.yml`, without a ref.",
    ],
  ],
  [
    "a new name",
    {
      sub: "repo:Octo-Org@1234567/New@987654321:environment:prod",
      repository: "Octo-Org/New",
      job_workflow_ref: "Octo-Org/New/.github/workflows/deploy-stage.yml@refs/heads/main",
    },
    [repository],
  ],
  [
    "a name in other letter case",
    {
      sub: "repo:octo-org/events.api:environment:prod",
      repository: "octo-org/events.api",
      job_workflow_ref: claims.job_workflow_ref.toLowerCase(),
    },
    [repository],
  ],
  [
    "ids of a repository that was made again",
    { sub: "repo:Octo-Org@1234567/Events.API@5:environment:prod", repository_id: "5" },
    [repository],
  ],
  ["the id of another owner", { repository_owner_id: "5" }, [repository]],
  ["a subject with GitHub's host", { sub: "repo:github.com/Octo-Org/Events.API:environment:prod" }, [repository]],
  [
    "no environment",
    { environment: undefined, sub: "repo:Octo-Org/Events.API:ref:refs/heads/main" },
    [inEnvironment("no environment of GitHub")],
  ],
  [
    "a pull request",
    { environment: undefined, sub: "repo:Octo-Org/Events.API:pull_request" },
    [inEnvironment("no environment of GitHub")],
  ],
  [
    "another environment",
    { environment: "Prod", sub: "repo:Octo-Org/Events.API:environment:Prod" },
    [inEnvironment("another environment")],
  ],
  [
    "another environment of another repository",
    { sub: "repo:Octo-Org/New:environment:other" },
    [repository, inEnvironment("another environment")],
  ],
  [
    "a customised subject that says more",
    { sub: "repo:Octo-Org/Events.API:environment:prod:ref:refs/heads/main" },
    [template],
  ],
  ["a customised subject without the repository", { sub: "repository_owner_id:1234567" }, [template]],
  ["a subject that is no text", { sub: "" }, [template]],
  ["another file", { job_workflow_ref: `${workflows}/other.yml@refs/heads/main` }, [otherFile]],
  [
    "another repository's file",
    { job_workflow_ref: "stranger/a/.github/workflows/deploy-stage.yml@refs/heads/main" },
    [otherFile],
  ],
  ["a file that cannot be read", { job_workflow_ref: "x" }, [otherFile]],
  [
    "another audience",
    { aud: "sigstore" },
    [
      "The trust policy wants another audience than configure-aws-credentials asks for: change it in oidc/trust.tf, and apply oidc/.",
    ],
  ],
  [
    "an issuer of its own",
    { iss: "https://token.actions.githubusercontent.com/octo" },
    [
      "This GitHub signs its tokens with another address: an enterprise that has its own needs it in oidc/identity_provider.tf and oidc/trust.tf.",
    ],
  ],
  [
    "no id of the repository",
    { repository_id: undefined },
    [
      "The token does not say repository_id, as on GitHub Enterprise Server: there take it out of oidc/trust.tf and apply oidc/.",
    ],
  ],
  ["two causes", { ref: "refs/heads/feature", repository_owner_id: "5" }, [feature, repository]],
])("%s", (_what, changes, advice) => {
  const token = { ...claims, ...changes };
  expect(adviceFor(nearestStatement(statements, token), token)).toEqual(advice);
});

test("a claim that a fork of this project wants besides", () => {
  const comparison = { claim: "actor", wanted: ["octocat"], isPattern: false, said: "stranger", isMet: false };
  expect(adviceFor([comparison], {})).toEqual([
    "oidc/trust.tf wants another actor than the token has: change the one that is wrong.",
  ]);
});
