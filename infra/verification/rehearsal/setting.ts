import type { AwsCaller } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import type { GitHub } from "./github/github.ts";
import type { TokenIssuer, Trusted } from "./trust/tokens.ts";

/** What is deployed, where: every name in the account follows from these. */
export interface Names {
  project: string;
  stage: string;
  accountId: string;
  region: string;
}

/** The repository of the rehearsal. */
export const trusted: Trusted = {
  project: "events-api",
  repository: "acme/events-api",
  repositoryId: "123456",
  ownerId: "654321",
  stages: ["staging", "prod"],
};

/** What the steps of a rehearsal share. */
export interface Rehearsal {
  gate: Gate;
  issuer: TokenIssuer;
  github: GitHub;
  names: Names;
  /** A copy of the project, with dist/. */
  scratchPath: string;
  /** Calls AWS as the operator, who may do everything. */
  operate: AwsCaller;
}
