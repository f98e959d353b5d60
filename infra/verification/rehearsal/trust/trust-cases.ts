import { claimsOf, jobs, subjectOf, trusted, type Asking, type Claims } from "./tokens.ts";

type Case = [what: string, claims: Claims];

const main = "refs/heads/main";
const feature = "refs/heads/feature";
const { project, repository, repositoryId, ownerId, stages } = trusted;
const [owner = "", name = ""] = repository.split("/");

/**
 * Tokens that GitHub could issue to the trusted jobs and to all similar ones, with the roles that each must open.
 *
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export const trustCases = [
  ...stages.flatMap((stage) => opening(`the deployment of ${stage}`, claimsOf(jobs.deploy, stage), `deploy-${stage}`)),
  ...opening("a pull request", claimsOf(jobs.pullRequest), "plan"),
  ...opening("a drift check", claimsOf(jobs.drift), "plan"),
  ...refused("a deployment", otherDeployments()),
  ...refused("a pull request", otherPullRequests()),
  ...refused("a drift check", otherDriftChecks()),
];

function opening(what: string, claims: Claims, role: string) {
  const assumes = [`${project}-${role}`];
  return [
    { what, claims, assumes },
    { what: `${what} with the classic subject`, claims: classic(claims), assumes },
  ];
}

function refused(base: string, cases: Case[]) {
  return cases.map(([what, claims]) => ({ what: `${base} ${what}`, claims, assumes: [] }));
}

/** Each of these values alone, and each compared claim missing. */
function wrongClaims(claims: Claims, values: Record<string, string[]>): Case[] {
  const compared = ["aud", "sub", "repository_id", "repository_owner_id", "ref", "job_workflow_ref"];
  return [...new Set([...compared, ...Object.keys(values)])].flatMap((claim) => [
    ...(values[claim] ?? []).map((value): Case => [`with ${claim} ${value}`, { ...claims, [claim]: value }]),
    [`without ${claim}`, Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))] as Case,
  ]);
}

function atRefs(refs: string[], job: Asking, environment?: string): Case[] {
  return refs.map((ref) => [`at ${ref}`, claimsOf({ ...job, ref }, environment)]);
}

function otherDeployments(): Case[] {
  const stage = "staging";
  const [subject, shouted] = [subjectOf(trusted), repository.toUpperCase()];
  const { file } = jobs.deploy;
  const of = (others: Partial<typeof trusted>) => claimsOf(jobs.deploy, stage, { ...trusted, ...others });
  const right = of({});
  const stranger = { repositoryId: "1", ownerId: "2" };
  const recycled = of({ repositoryId: `${repositoryId}1`, ownerId: `${ownerId}1` });
  return [
    ...wrongClaims(right, {
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
        `${repository}/${file}@${feature}`,
        `${repository}/${file}@0123456789abcdef0123456789abcdef01234567`,
        `${repository}/.github/workflows/other.yml@${main}`,
        `${repository}/deploy-stage.yml@${main}`,
        `stranger/workflows/${file}@${main}`,
        `${shouted}/${file}@${main}`,
      ],
    }),
    ...atRefs(
      [feature, "refs/heads/main-2", "refs/tags/v1", "refs/tags/main", jobs.pullRequest.ref],
      jobs.deploy,
      stage,
    ),
    ["without an environment", claimsOf(jobs.deploy)],
    ...["other", `${stage}2`, stage.toUpperCase()].map((environment): Case => [
      `in ${environment}`,
      claimsOf(jobs.deploy, environment),
    ]),
    ["of a fork", of({ repository: `stranger/${name}`, ...stranger })],
    ["of a repository whose name begins with this one's", of({ repository: `${repository}-fork`, repositoryId: "1" })],
    ["of this repository under a new name", of({ repository: `${owner}/renamed` })],
    ["of this repository with a new owner", of({ repository: `stranger/${name}`, ownerId: "2" })],
    ["of a stranger who took over the names", recycled],
    ["of that stranger, with the classic subject", classic(recycled)],
    ["of the owner's new repository, with the classic subject", classic(of({ repositoryId: "1" }))],
    [
      "of another repository that calls this workflow",
      callerOf(right, of({ repository: "stranger/app", ...stranger })),
    ],
  ];
}

function otherPullRequests(): Case[] {
  const job = jobs.pullRequest;
  const right = claimsOf(job);
  const workflows = `${repository}/.github/workflows`;
  const stranger = { repository: "stranger/app", repositoryId: "1", ownerId: "2" };
  return [
    ...wrongClaims(right, {
      aud: ["sigstore"],
      job_workflow_ref: [
        `${workflows}/other.yml@${job.ref}`,
        ...["plan.yml", "drift.yml", "deploy-stage.yml"].map((file) => `${workflows}/${file}@${main}`),
      ],
    }),
    ...atRefs([feature, "refs/pull/1/head", main], job),
    ["of another repository", callerOf(right, claimsOf(job, undefined, stranger))],
    ["that is a push to main", claimsOf({ ...job, event: "push", ref: main })],
  ];
}

function otherDriftChecks(): Case[] {
  return [
    ...wrongClaims(claimsOf(jobs.drift), {
      aud: ["sigstore"],
      job_workflow_ref: [
        `${repository}/.github/workflows/ci.yml@${main}`,
        `${repository}/${jobs.drift.file}@${jobs.pullRequest.ref}`,
      ],
    }),
    ...atRefs([feature, "refs/tags/v1"], jobs.drift),
    ["in an environment", claimsOf(jobs.drift, "other")],
  ];
}

/** A job of another repository that calls a workflow of this one. */
function callerOf({ job_workflow_ref = "" }: Claims, claims: Claims): Claims {
  return { ...claims, job_workflow_ref };
}

/** The same token for an older repository, whose subject has no ids. */
function classic(claims: Claims): Claims {
  return { ...claims, sub: (claims["sub"] ?? "").replaceAll(/@\d+/g, "") };
}
