import type { Gate } from "./gate/gate.ts";
import type { GitHub } from "./github/github.ts";
import type { TokenIssuer } from "./trust/tokens.ts";

/** What is deployed, where: every name in the account follows from these. */
export interface Names {
  project: string;
  stage: string;
  accountId: string;
  region: string;
}

/** What the steps of a rehearsal share. */
export interface Rehearsal {
  gate: Gate;
  issuer: TokenIssuer;
  github: GitHub;
  names: Names;
  /** A copy of the project, with dist/. */
  scratchPath: string;
}
