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
  const plan = [`${project}-plan`];
  const tokens = tokensOf(trusted);
  const [stage = ""] = stages;
  const refused = (base: Claims, cases: Refused[]) =>
    cases.map(([what, changes]) => ({ what, claims: change(base, changes), assumes: [] }));
  return [
    ...stages.flatMap((each) => [
      { what: `the deployment of ${each}`, claims: tokens.deploy(each), assumes: [`${project}-deploy-${each}`] },
      {
        what: `the deployment of ${each}, with the classic subject`,
        claims: classic(tokens.deploy(each)),
        assumes: [`${project}-deploy-${each}`],
      },
    ]),
    { what: "a pull request", claims: tokens.pullRequest, assumes: plan },
    { what: "a pull request, with the classic subject", claims: classic(tokens.pullRequest), assumes: plan },
    { what: "the drift check", claims: tokens.drift, assumes: plan },
    { what: "the drift check, with the classic subject", claims: classic(tokens.drift), assumes: plan },
    ...refused(
      tokens.deploy(stage),
      [otherRefs, otherJobs, otherRepositories, otherSpellings].flatMap((cases) => cases(trusted, stage)),
    ),
    ...refused(tokens.pullRequest, otherPullRequests(trusted)),
    ...refused(tokens.drift, otherDriftChecks(trusted)),
    ...withoutClaims("a deployment", tokens.deploy(stage), [...compared, "environment"]),
    ...withoutClaims("a pull request", tokens.pullRequest, compared),
    ...withoutClaims("a drift check", tokens.drift, compared),
  ];
}

function otherRefs({ repository }: Trusted, stage: string): Refused[] {
  const workflow = `${repository}/.github/workflows/deploy-stage.yml`;
  return [
    ["another branch", { ref: "refs/heads/feature", job_workflow_ref: `${workflow}@refs/heads/feature` }],
    ["another branch that calls main's workflow", { ref: "refs/heads/feature" }],
    ["main that calls another branch's workflow", { job_workflow_ref: `${workflow}@refs/heads/feature` }],
    [
      "a branch whose name begins with main",
      { ref: "refs/heads/main-2", job_workflow_ref: `${workflow}@refs/heads/main-2` },
    ],
    ["a tag", { ref: "refs/tags/v1", job_workflow_ref: `${workflow}@refs/tags/v1` }],
    ["a tag called main", { ref: "refs/tags/main", job_workflow_ref: `${workflow}@refs/tags/main` }],
    ["a workflow at a commit", { job_workflow_ref: `${workflow}@0123456789abcdef0123456789abcdef01234567` }],
    [
      `a pull request in the environment ${stage}`,
      { ref: "refs/pull/1/merge", job_workflow_ref: `${workflow}@refs/pull/1/merge` },
    ],
  ];
}

function otherJobs(trusted: Trusted, stage: string): Refused[] {
  const { repository } = trusted;
  const subject = subjectOf(trusted);
  const workflows = `${repository}/.github/workflows`;
  return [
    ["main without an environment", { sub: `${subject}:ref:refs/heads/main`, environment: undefined }],
    ["another environment", { sub: `${subject}:environment:other`, environment: "other" }],
    ["another environment, by the subject alone", { sub: `${subject}:environment:other` }],
    ["another environment, by the claim alone", { environment: "other" }],
    [
      "an environment that begins with the stage's name",
      { sub: `${subject}:environment:${stage}2`, environment: `${stage}2` },
    ],
    ["another workflow", { job_workflow_ref: `${workflows}/other.yml@refs/heads/main` }],
    [
      "a workflow of the same name in another folder",
      { job_workflow_ref: `${repository}/deploy-stage.yml@refs/heads/main` },
    ],
    [
      "another repository's workflow of the same name",
      { job_workflow_ref: "stranger/workflows/.github/workflows/deploy-stage.yml@refs/heads/main" },
    ],
    ["a customised subject", { sub: `${subject}:environment:${stage}:ref:refs/heads/main` }],
    ["a subject with a wildcard", { sub: `${subject}:*` }],
  ];
}

function otherRepositories(trusted: Trusted, stage: string): Refused[] {
  const { repository, repositoryId, ownerId } = trusted;
  const [owner = "", name = ""] = repository.split("/");
  const named = (claimed: Partial<Trusted>): Changes => {
    const other = { ...trusted, ...claimed };
    return {
      sub: `${subjectOf(other)}:environment:${stage}`,
      repository: other.repository,
      repository_id: other.repositoryId,
      repository_owner_id: other.ownerId,
      job_workflow_ref: `${other.repository}/.github/workflows/deploy-stage.yml@refs/heads/main`,
    };
  };
  const withClassicSubject = (changes: Changes): Changes => ({
    ...changes,
    sub: `repo:${changes["repository"] ?? ""}:environment:${stage}`,
  });
  const stranger = named({ repository: "stranger/app", repositoryId: "1", ownerId: "2" });
  const recycled = named({ repositoryId: `${repositoryId}1`, ownerId: `${ownerId}1` });
  return [
    ["a fork", named({ repository: `stranger/${name}`, repositoryId: "1", ownerId: "2" })],
    ["a repository whose name begins like this one", named({ repository: `${repository}-fork`, repositoryId: "1" })],
    [
      "an owner whose name begins like this one",
      named({ repository: `${owner}-2/${name}`, repositoryId: "1", ownerId: "2" }),
    ],
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
      { ...stranger, job_workflow_ref: `${repository}/.github/workflows/deploy-stage.yml@refs/heads/main` },
    ],
    [
      "a subject with another repository's id",
      { sub: `${subjectOf({ ...trusted, repositoryId: "1" })}:environment:${stage}` },
    ],
    ["a subject with another owner's id", { sub: `${subjectOf({ ...trusted, ownerId: "2" })}:environment:${stage}` }],
  ];
}

function otherSpellings({ repository }: Trusted, stage: string): Refused[] {
  const shouted = repository.toUpperCase();
  return [
    ["another audience", { aud: `https://github.com/${repository.split("/")[0] ?? ""}` }],
    ["an audience in upper case", { aud: "STS.AMAZONAWS.COM" }],
    ["a subject in upper case", { sub: `repo:${shouted}:environment:${stage}` }],
    [
      "an environment in upper case",
      { sub: `repo:${repository}:environment:${stage.toUpperCase()}`, environment: stage.toUpperCase() },
    ],
    ["a branch in upper case", { ref: "refs/heads/MAIN" }],
    ["a workflow in upper case", { job_workflow_ref: `${shouted}/.github/workflows/deploy-stage.yml@refs/heads/main` }],
    ["a subject with GitHub's host", { sub: `repo:github.com/${repository}:environment:${stage}` }],
  ];
}

function otherPullRequests(trusted: Trusted): Refused[] {
  const workflows = `${trusted.repository}/.github/workflows`;
  return [
    ["a pull request with another workflow", { job_workflow_ref: `${workflows}/other.yml@refs/pull/1/merge` }],
    ["a pull request that calls main's plan", { job_workflow_ref: `${workflows}/plan.yml@refs/heads/main` }],
    ["a pull request that calls main's drift check", { job_workflow_ref: `${workflows}/drift.yml@refs/heads/main` }],
    [
      "a pull request that calls main's deployment",
      { job_workflow_ref: `${workflows}/deploy-stage.yml@refs/heads/main` },
    ],
    [
      "a pull request on its own branch",
      { ref: "refs/heads/feature", job_workflow_ref: `${workflows}/plan.yml@refs/heads/feature` },
    ],
    [
      "a pull request before the merge",
      { ref: "refs/pull/1/head", job_workflow_ref: `${workflows}/plan.yml@refs/pull/1/head` },
    ],
    [
      "a pull_request_target, which runs on main",
      { ref: "refs/heads/main", job_workflow_ref: `${workflows}/plan.yml@refs/heads/main` },
    ],
    [
      "a pull request of another repository",
      { sub: "repo:stranger@2/app@1:pull_request", repository_id: "1", repository_owner_id: "2" },
    ],
    [
      "a push to main with the plan",
      {
        sub: `${subjectOf(trusted)}:ref:refs/heads/main`,
        ref: "refs/heads/main",
        job_workflow_ref: `${workflows}/plan.yml@refs/heads/main`,
      },
    ],
    ["a pull request for another audience", { aud: "sigstore" }],
  ];
}

function otherDriftChecks(trusted: Trusted): Refused[] {
  const subject = subjectOf(trusted);
  const workflows = `${trusted.repository}/.github/workflows`;
  const at = (ref: string): Changes => ({
    sub: `${subject}:ref:${ref}`,
    ref,
    job_workflow_ref: `${workflows}/drift.yml@${ref}`,
  });
  return [
    ["a drift check of another branch", at("refs/heads/feature")],
    ["a drift check of a tag", at("refs/tags/v1")],
    ["a drift check in an environment", { sub: `${subject}:environment:other`, environment: "other" }],
    ["another workflow on main", { job_workflow_ref: `${workflows}/ci.yml@refs/heads/main` }],
    [
      "main that calls a drift check of a pull request",
      { job_workflow_ref: `${workflows}/drift.yml@refs/pull/1/merge` },
    ],
    ["a drift check for another audience", { aud: "sigstore" }],
  ];
}

/** The claims of the jobs that are trusted. */
export function tokensOf(trusted: Trusted): { deploy: (stage: string) => Claims; pullRequest: Claims; drift: Claims } {
  const workflows = ".github/workflows";
  return {
    deploy: (stage) =>
      claimsOf(trusted, {
        event: "push",
        ref: "refs/heads/main",
        file: `${workflows}/deploy-stage.yml`,
        environment: stage,
      }),
    pullRequest: claimsOf(trusted, { event: "pull_request", ref: "refs/pull/1/merge", file: `${workflows}/plan.yml` }),
    drift: claimsOf(trusted, { event: "schedule", ref: "refs/heads/main", file: `${workflows}/drift.yml` }),
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
