import type { AwsCaller } from "./aws.ts";
import type { Gate } from "./gate/gate.ts";
import type { GitHub } from "./github/github.ts";
import type { Names } from "./names.ts";
import type { TokenIssuer } from "./trust/tokens.ts";

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
