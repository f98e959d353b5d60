import type { Trusted } from "./trust/trust-cases.ts";

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
