import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";

export const issuer = "https://token.actions.githubusercontent.com";

export type TokenIssuer = ReturnType<typeof startIssuer>;

/** Stands in for GitHub as the issuer of tokens, with a key made for one rehearsal. */
export function startIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    publicKey,
    issue: (claims: Record<string, string | number>) => {
      const now_s = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: issuer, iat: now_s, nbf: now_s - 5, exp: now_s + 600, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "rehearsal" })
        .sign(privateKey);
    },
  };
}

/** As in oidc/tests/trust.tftest.hcl. */
export const trusted = {
  project: "events-api",
  repository: "Octo-Org/Events.API",
  repositoryId: "987654321",
  ownerId: "1234567",
  stages: ["staging", "prod"],
};

type Repository = Pick<typeof trusted, "repository" | "repositoryId" | "ownerId">;

export type Claims = Record<string, string>;

/** What GitHub makes a job's token of; `file` contains the job, and may be a called workflow. */
export interface Asking {
  event: string;
  ref: string;
  file: string;
}

/** The jobs that get a role. */
export const jobs = {
  deploy: { event: "push", ref: "refs/heads/main", file: ".github/workflows/deploy-stage.yml" },
  pullRequest: { event: "pull_request", ref: "refs/pull/1/merge", file: ".github/workflows/plan.yml" },
  drift: { event: "schedule", ref: "refs/heads/main", file: ".github/workflows/drift.yml" },
} satisfies Record<string, Asking>;

/** The claims of a job's token, for a repository created after 15 July 2026. */
export function claimsOf({ event, ref, file }: Asking, environment?: string, of: Repository = trusted): Claims {
  const context = event === "pull_request" ? "pull_request" : `ref:${ref}`;
  return {
    aud: "sts.amazonaws.com",
    sub: `${subjectOf(of)}:${environment === undefined ? context : `environment:${environment}`}`,
    repository: of.repository,
    repository_id: of.repositoryId,
    repository_owner_id: of.ownerId,
    ref,
    job_workflow_ref: `${of.repository}/${file}@${ref}`,
    ...(environment !== undefined && { environment }),
  };
}

export function subjectOf({ repository, repositoryId, ownerId }: Repository): string {
  const [owner = "", name = ""] = repository.split("/");
  return `repo:${owner}@${ownerId}/${name}@${repositoryId}`;
}
