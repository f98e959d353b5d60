import { claimsOf, subjectOf, tokensOf, type Claims, type Trusted } from "./tokens.ts";

export interface TrustCase {
  what: string;
  claims: Claims;
  assumes: string[];
}

type Changes = Record<string, string | undefined>;
type Refused = [what: string, changes: Changes];

const main = "refs/heads/main";
const feature = "refs/heads/feature";
const merge = "refs/pull/1/merge";

/**
 * Tokens that GitHub could issue to the trusted jobs and to all similar ones, with the roles that each must open.
 *
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function trustCases(trusted: Trusted): TrustCase[] {
  const { project, stages } = trusted;
  const tokens = tokensOf(trusted);
  const [stage = ""] = stages;
  const opening = (what: string, claims: Claims, role: string) => [
    { what, claims, assumes: [`${project}-${role}`] },
    { what: `${what} with the classic subject`, claims: classic(claims), assumes: [`${project}-${role}`] },
  ];
  const refused = (base: string, claims: Claims, cases: Refused[]) =>
    cases.map(([what, changes]) => ({ what: `${base} ${what}`, claims: change(claims, changes), assumes: [] }));
  return [
    ...stages.flatMap((each) => opening(`the deployment of ${each}`, tokens.deploy(each), `deploy-${each}`)),
    ...opening("a pull request", tokens.pullRequest, "plan"),
    ...opening("a drift check", tokens.drift, "plan"),
    ...refused("a deployment", tokens.deploy(stage), otherDeployments(trusted, stage)),
    ...refused("a pull request", tokens.pullRequest, otherPullRequests(trusted)),
    ...refused("a drift check", tokens.drift, otherDriftChecks(trusted)),
  ];
}

/** Each of these values alone, and each compared claim missing. */
function wrongClaims(values: Record<string, string[]>): Refused[] {
  const compared = ["aud", "sub", "repository_id", "repository_owner_id", "ref", "job_workflow_ref"];
  return [...new Set([...compared, ...Object.keys(values)])].flatMap((claim) => [
    ...(values[claim] ?? []).map((value): Refused => [`with ${claim} ${value}`, { [claim]: value }]),
    [`without ${claim}`, { [claim]: undefined }] as Refused,
  ]);
}

function otherDeployments(trusted: Trusted, stage: string): Refused[] {
  const { repository, repositoryId, ownerId } = trusted;
  const [owner = "", name = ""] = repository.split("/");
  const [subject, file, shouted] = [subjectOf(trusted), "deploy-stage.yml", repository.toUpperCase()];
  const at = (ref: string): Changes => ({ ref, job_workflow_ref: workflowAt(repository, file, ref) });
  const inEnvironment = (environment: string) => ({ sub: `${subject}:environment:${environment}`, environment });
  const of = (repositoryName: string, ids: Partial<Trusted> = {}): Changes => {
    const other = { ...trusted, repository: repositoryName, ...ids };
    const { sub, repository_id, repository_owner_id } = claimsOf(other, { event: "", ref: "", file: "" }, stage);
    const workflow = workflowAt(repositoryName, file, main);
    return { sub, repository: repositoryName, repository_id, repository_owner_id, job_workflow_ref: workflow };
  };
  const stranger = { repositoryId: "1", ownerId: "2" };
  const recycled = of(repository, { repositoryId: `${repositoryId}1`, ownerId: `${ownerId}1` });
  return [
    ...wrongClaims({
      aud: [`https://github.com/${owner}`, "STS.AMAZONAWS.COM"],
      sub: [
        `${subject}:environment:other`,
        `${subject}:environment:${stage}:ref:${main}`,
        `${subject}:*`,
        `repo:${shouted}:environment:${stage}`,
        `repo:github.com/${repository}:environment:${stage}`,
        `${subjectOf({ ...trusted, repositoryId: "1" })}:environment:${stage}`,
        `${subjectOf({ ...trusted, ownerId: "2" })}:environment:${stage}`,
      ],
      repository_id: ["1"],
      repository_owner_id: ["2"],
      environment: ["other"],
      ref: [feature, "refs/heads/MAIN"],
      job_workflow_ref: [
        workflowAt(repository, file, feature),
        workflowAt(repository, file, "0123456789abcdef0123456789abcdef01234567"),
        workflowAt(repository, "other.yml", main),
        `${repository}/${file}@${main}`,
        workflowAt("stranger/workflows", file, main),
        workflowAt(shouted, file, main),
      ],
    }),
    ...[feature, "refs/heads/main-2", "refs/tags/v1", "refs/tags/main", merge].map((ref): Refused => [
      `at ${ref}`,
      at(ref),
    ]),
    ["without an environment", { sub: `${subject}:ref:${main}`, environment: undefined }],
    ...["other", `${stage}2`, stage.toUpperCase()].map((each): Refused => [`in ${each}`, inEnvironment(each)]),
    ["of a fork", of(`stranger/${name}`, stranger)],
    ["of a repository whose name begins with this one's", of(`${repository}-fork`, { repositoryId: "1" })],
    ["of this repository under a new name", of(`${owner}/renamed`)],
    ["of this repository with a new owner", of(`stranger/${name}`, { ownerId: "2" })],
    ["of a stranger who took over the names", recycled],
    ["of that stranger, with the classic subject", classic(recycled)],
    ["of the owner's new repository, with the classic subject", classic(of(repository, { repositoryId: "1" }))],
    ["of another repository that calls this workflow", { ...of("stranger/app", stranger), ...at(main) }],
  ];
}

function otherPullRequests(trusted: Trusted): Refused[] {
  const { repository } = trusted;
  const at = (ref: string) => ({ ref, job_workflow_ref: workflowAt(repository, "plan.yml", ref) });
  const another = { sub: "repo:stranger@2/app@1:pull_request", repository_id: "1", repository_owner_id: "2" };
  return [
    ...wrongClaims({
      aud: ["sigstore"],
      job_workflow_ref: [
        workflowAt(repository, "other.yml", merge),
        ...["plan.yml", "drift.yml", "deploy-stage.yml"].map((file) => workflowAt(repository, file, main)),
      ],
    }),
    ...[feature, "refs/pull/1/head", main].map((ref): Refused => [`at ${ref}`, at(ref)]),
    ["of another repository", another],
    ["that is a push to main", { sub: `${subjectOf(trusted)}:ref:${main}`, ...at(main) }],
  ];
}

function otherDriftChecks(trusted: Trusted): Refused[] {
  const { repository } = trusted;
  const sub = (context: string) => `${subjectOf(trusted)}:${context}`;
  return [
    ...wrongClaims({
      aud: ["sigstore"],
      job_workflow_ref: [workflowAt(repository, "ci.yml", main), workflowAt(repository, "drift.yml", merge)],
    }),
    ...[feature, "refs/tags/v1"].map((ref): Refused => [
      `at ${ref}`,
      { sub: sub(`ref:${ref}`), ref, job_workflow_ref: workflowAt(repository, "drift.yml", ref) },
    ]),
    ["in an environment", { sub: sub("environment:other"), environment: "other" }],
  ];
}

function workflowAt(repository: string, file: string, ref: string): string {
  return `${repository}/.github/workflows/${file}@${ref}`;
}

/** The same token for an older repository, whose subject has no ids. */
function classic<Some extends Changes>(claims: Some): Some {
  return { ...claims, sub: (claims["sub"] ?? "").replaceAll(/@\d+/g, "") };
}

function change(claims: Claims, changes: Changes): Claims {
  const changed = Object.entries({ ...claims, ...changes });
  return Object.fromEntries(changed.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
