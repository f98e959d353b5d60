import type { AwsCaller } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import type { GitHub } from "./github/github.ts";
import type { TokenIssuer } from "./trust/tokens.ts";

export interface Names {
  project: string;
  stage: string;
  accountId: string;
  region: string;
}

export interface Rehearsal {
  gate: Gate;
  issuer: TokenIssuer;
  github: GitHub;
  names: Names;
  scratchPath: string;
  /** Calls AWS as the operator, who has every permission. */
  operate: AwsCaller;
}
