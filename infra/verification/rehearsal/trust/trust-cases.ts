/** A token's claims, and the roles that whoever holds it may take. */
export interface TrustCase {
  what: string;
  claims: Record<string, string>;
  /** Names of roles; none for most. */
  assumes: string[];
}

/** What the roles of oidc/ were made for. */
export interface Trusted {
  project: string;
  /** owner/name */
  repository: string;
  repositoryId: string;
  ownerId: string;
  stages: string[];
}

type Claims = Record<string, string>;
/** undefined takes a claim away. */
type Changes = Record<string, string | undefined>;
const main = "refs/heads/main";

type Refused = [what: string, changes: Changes];

/** What every trust policy compares. */
const compared = ["aud", "sub", "repository_id", "repository_owner_id", "ref", "job_workflow_ref"];

/**
 * Tokens that GitHub could issue, to the jobs that are trusted and to all that come close to them,
 * with the roles that each must open.
 *
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function trustCases(trusted: Trusted): TrustCase[] {
  const { project, stages } = trusted;
  const tokens = tokensOf(trusted);
  const [stage = ""] = stages;
  const refused = (base: Claims, cases: Refused[]) =>
    cases.map(([what, changes]) => ({ what, claims: change(base, changes), assumes: [] }));
  const both = (what: string, claims: Claims, role: string) => [
    { what, claims, assumes: [`${project}-${role}`] },
    { what: `${what}, with the classic subject`, claims: classic(claims), assumes: [`${project}-${role}`] },
  ];
  return [
    ...stages.flatMap((each) => both(`the deployment of ${each}`, tokens.deploy(each), `deploy-${each}`)),
    ...both("a pull request", tokens.pullRequest, "plan"),
    ...both("the drift check", tokens.drift, "plan"),
    ...refused(tokens.deploy(stage), otherDeployments(trusted, stage)),
    ...refused(tokens.pullRequest, otherPullRequests(trusted)),
    ...refused(tokens.drift, otherDriftChecks(trusted)),
    ...withoutClaims("a deployment", tokens.deploy(stage), [...compared, "environment"]),
    ...withoutClaims("a pull request", tokens.pullRequest, compared),
    ...withoutClaims("a drift check", tokens.drift, compared),
  ];
}

function otherDeployments(trusted: Trusted, stage: string): Refused[] {
  const { repository, repositoryId, ownerId } = trusted;
  const [owner = "", name = ""] = repository.split("/");
  const subject = subjectOf(trusted);
  const shouted = repository.toUpperCase();
  const file = "deploy-stage.yml";
  const calls = (ref: string) => ({ job_workflow_ref: workflowAt(repository, file, ref) });
  const at = (ref: string) => ({ ref, ...calls(ref) });
  const named = (claimed: Partial<Trusted>): Changes => {
    const other = { ...trusted, ...claimed };
    return {
      sub: `${subjectOf(other)}:environment:${stage}`,
      repository: other.repository,
      repository_id: other.repositoryId,
      repository_owner_id: other.ownerId,
      job_workflow_ref: workflowAt(other.repository, file, main),
    };
  };
  const withClassicSubject = (changes: Changes): Changes => ({
    ...changes,
    sub: `repo:${changes["repository"] ?? ""}:environment:${stage}`,
  });
  const stranger = { repositoryId: "1", ownerId: "2" };
  const recycled = named({ repositoryId: `${repositoryId}1`, ownerId: `${ownerId}1` });
  const inEnvironment = (environment: string) => ({ sub: `${subject}:environment:${environment}`, environment });
  return [
    ["another branch", at("refs/heads/feature")],
    ["another branch that calls main's workflow", { ref: "refs/heads/feature" }],
    ["main that calls another branch's workflow", calls("refs/heads/feature")],
    ["a branch whose name begins with main", at("refs/heads/main-2")],
    ["a tag", at("refs/tags/v1")],
    ["a tag called main", at("refs/tags/main")],
    ["a workflow at a commit", calls("0123456789abcdef0123456789abcdef01234567")],
    [`a pull request in the environment ${stage}`, at("refs/pull/1/merge")],

    ["main without an environment", { sub: `${subject}:ref:${main}`, environment: undefined }],
    ["another environment", inEnvironment("other")],
    ["another environment, by the subject alone", { sub: `${subject}:environment:other` }],
    ["another environment, by the claim alone", { environment: "other" }],
    ["an environment that begins with the stage's name", inEnvironment(`${stage}2`)],
    ["another workflow", { job_workflow_ref: workflowAt(repository, "other.yml", main) }],
    ["a workflow of the same name in another folder", { job_workflow_ref: `${repository}/${file}@${main}` }],
    [
      "another repository's workflow of the same name",
      { job_workflow_ref: workflowAt("stranger/workflows", file, main) },
    ],
    ["a customised subject", { sub: `${subject}:environment:${stage}:ref:${main}` }],
    ["a subject with a wildcard", { sub: `${subject}:*` }],

    ["a fork", named({ ...stranger, repository: `stranger/${name}` })],
    ["a repository whose name begins like this one", named({ repository: `${repository}-fork`, repositoryId: "1" })],
    ["an owner whose name begins like this one", named({ ...stranger, repository: `${owner}-2/${name}` })],
    ["another repository of the owner", named({ repository: `${owner}/other`, repositoryId: "1" })],
    ["this repository under a new name", named({ repository: `${owner}/renamed` })],
    ["this repository with a new owner", named({ repository: `stranger/${name}`, ownerId: "2" })],
    ["a stranger who took the names over", recycled],
    ["a stranger who took the names over, with the classic subject", withClassicSubject(recycled)],
    [
      "the owner's new repository of this name, with the classic subject",
      withClassicSubject(named({ repositoryId: "1" })),
    ],
    [
      "another repository that calls this one's workflow",
      { ...named({ ...stranger, repository: "stranger/app" }), ...calls(main) },
    ],
    [
      "a subject with another repository's id",
      { sub: `${subjectOf({ ...trusted, repositoryId: "1" })}:environment:${stage}` },
    ],
    ["a subject with another owner's id", { sub: `${subjectOf({ ...trusted, ownerId: "2" })}:environment:${stage}` }],

    ["another audience", { aud: `https://github.com/${owner}` }],
    ["an audience in upper case", { aud: "STS.AMAZONAWS.COM" }],
    ["a subject in upper case", { sub: `repo:${shouted}:environment:${stage}` }],
    [
      "an environment in upper case",
      { sub: `repo:${repository}:environment:${stage.toUpperCase()}`, environment: stage.toUpperCase() },
    ],
    ["a branch in upper case", { ref: "refs/heads/MAIN" }],
    ["a workflow in upper case", { job_workflow_ref: workflowAt(shouted, file, main) }],
    ["a subject with GitHub's host", { sub: `repo:github.com/${repository}:environment:${stage}` }],
  ];
}

function otherPullRequests(trusted: Trusted): Refused[] {
  const calls = (file: string, ref: string) => ({ job_workflow_ref: workflowAt(trusted.repository, file, ref) });
  const at = (ref: string) => ({ ref, ...calls("plan.yml", ref) });
  return [
    ["a pull request with another workflow", calls("other.yml", "refs/pull/1/merge")],
    ["a pull request that calls main's plan", calls("plan.yml", main)],
    ["a pull request that calls main's drift check", calls("drift.yml", main)],
    ["a pull request that calls main's deployment", calls("deploy-stage.yml", main)],
    ["a pull request on its own branch", at("refs/heads/feature")],
    ["a pull request before the merge", at("refs/pull/1/head")],
    ["a pull_request_target, which runs on main", at(main)],
    [
      "a pull request of another repository",
      { sub: "repo:stranger@2/app@1:pull_request", repository_id: "1", repository_owner_id: "2" },
    ],
    ["a push to main with the plan", { sub: `${subjectOf(trusted)}:ref:${main}`, ...at(main) }],
    ["a pull request for another audience", { aud: "sigstore" }],
  ];
}

function otherDriftChecks(trusted: Trusted): Refused[] {
  const subject = subjectOf(trusted);
  const calls = (file: string, ref: string) => ({ job_workflow_ref: workflowAt(trusted.repository, file, ref) });
  const at = (ref: string) => ({ sub: `${subject}:ref:${ref}`, ref, ...calls("drift.yml", ref) });
  return [
    ["a drift check of another branch", at("refs/heads/feature")],
    ["a drift check of a tag", at("refs/tags/v1")],
    ["a drift check in an environment", { sub: `${subject}:environment:other`, environment: "other" }],
    ["another workflow on main", calls("ci.yml", main)],
    ["main that calls a drift check of a pull request", calls("drift.yml", "refs/pull/1/merge")],
    ["a drift check for another audience", { aud: "sigstore" }],
  ];
}

/** The claims of the jobs that are trusted. */
export function tokensOf(trusted: Trusted): { deploy: (stage: string) => Claims; pullRequest: Claims; drift: Claims } {
  const of = (event: string, ref: string, name: string, environment?: string) =>
    claimsOf(trusted, { event, ref, file: `.github/workflows/${name}`, environment });
  return {
    deploy: (stage) => of("push", main, "deploy-stage.yml", stage),
    pullRequest: of("pull_request", "refs/pull/1/merge", "plan.yml"),
    drift: of("schedule", main, "drift.yml"),
  };
}

/** What GitHub looks at when a job asks for a token. */
export interface Asking {
  event: string;
  ref: string;
  /** The workflow that has the job in it, which may be one that is called. */
  file: string;
  environment?: string | undefined;
}

/** The claims of a job's token, as for a repository made after 15 July 2026. */
export function claimsOf(trusted: Trusted, { event, ref, file, environment }: Asking): Claims {
  const { repository, repositoryId, ownerId } = trusted;
  const context = event === "pull_request" ? "pull_request" : `ref:${ref}`;
  return {
    aud: "sts.amazonaws.com",
    sub: `${subjectOf(trusted)}:${environment === undefined ? context : `environment:${environment}`}`,
    repository,
    repository_id: repositoryId,
    repository_owner_id: ownerId,
    ref,
    job_workflow_ref: `${repository}/${file}@${ref}`,
    ...(environment !== undefined && { environment }),
  };
}

function workflowAt(repository: string, file: string, ref: string): string {
  return `${repository}/.github/workflows/${file}@${ref}`;
}

function subjectOf({ repository, repositoryId, ownerId }: Trusted): string {
  const [owner = "", name = ""] = repository.split("/");
  return `repo:${owner}@${ownerId}/${name}@${repositoryId}`;
}

/** The same token for a repository that is older, whose subject has no ids. */
function classic(claims: Claims): Claims {
  return { ...claims, sub: (claims["sub"] ?? "").replaceAll(/@\d+/g, "") };
}

function change(claims: Claims, changes: Changes): Claims {
  const changed = Object.entries({ ...claims, ...changes });
  return Object.fromEntries(changed.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function withoutClaims(what: string, claims: Claims, names: string[]): TrustCase[] {
  return names.map((name) => ({
    what: `${what} without ${name}`,
    claims: change(claims, { [name]: undefined }),
    assumes: [],
  }));
}
