import { mkdtempSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../../build/functions.ts";
import { trusted } from "../setting.ts";
import type { Gate } from "../gate/gate.ts";
import { copyProject } from "../../../testing/project-copy.ts";
import { environmentAt, pathStyle } from "../operators.ts";
import { claimsOf, type TokenIssuer } from "../trust/tokens.ts";
import { makeArtifacts, type Artifacts } from "./artifacts.ts";
import { configureCredentials } from "./credentials.ts";
import { checkOutOf, makeRepository, type Repository } from "./repository.ts";
import type { JobDescription, Substitute } from "./runner.ts";
import { runWorkflow, type Extent, type WorkflowRun } from "./run-workflow.ts";
import { startServices, type Services } from "./services.ts";

/** Stands for GitHub with the project as a repository in it, set up as the README says. */
export interface GitHub {
  repository: Repository;
  issues: Services["issues"];
  /** Runs a workflow, to its end or until something in it fails. */
  run: (file: string, started: Started) => Promise<WorkflowRun>;
  stop: () => Promise<void>;
}

/** What started a run, and how far it goes. */
export interface Started extends Extent {
  event: "push" | "pull_request" | "schedule" | "workflow_dispatch";
  sha: string;
  inputs?: Record<string, string>;
  /** Where the names of deployed APIs lead to. */
  apiOrigin?: string;
  /** Done to an artifact as soon as it is uploaded. */
  tamper?: (folder: string) => void;
}

/** Makes the repository in a folder below `scratchPath`, with the project as it is there. */
export async function startGitHub({
  gate,
  issuer,
  scratchPath,
}: {
  gate: Gate;
  issuer: TokenIssuer;
  scratchPath: string;
}): Promise<GitHub> {
  const path = join(scratchPath, "repository");
  copyProject(scratchPath, path);
  const repository = await makeRepository(path);
  const services = await startServices(({ file, github, environment }, audience) => {
    const asking = { event: String(github["event_name"]), ref: String(github["ref"]), file };
    const claims = claimsOf(trusted, asking, environment);
    return issuer.issue({ ...claims, aud: audience });
  });
  let runs = 0;
  return {
    repository,
    issues: services.issues,
    stop: services.stop,
    run(file, { event, sha, inputs = {}, apiOrigin, tamper, ...extent }) {
      runs += 1;
      const runPath = mkdtempSync(join(scratchPath, "run-"));
      const artifacts = makeArtifacts(join(runPath, "artifacts"));
      const runner = {
        path: runPath,
        environmentOf: (job: JobDescription) => ({ ...machineAt(gate.url, apiOrigin), ...services.variablesFor(job) }),
        substitutes: substitutesFor({ gate, repository, artifacts, tamper }),
      };
      const github = { ...contextOf(event, sha), run_id: String(runs), api_url: services.url };
      return runWorkflow(
        repository.path,
        `.github/workflows/${file}`,
        { github, inputs, vars: {}, secrets: { AWS_ACCOUNT_ID: gate.accountId } },
        runner,
        extent,
      );
    },
  };
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context */
function contextOf(event: Started["event"], sha: string) {
  const isPullRequest = event === "pull_request";
  return {
    event_name: event,
    event: { repository: { private: false }, ...(isPullRequest && { pull_request: { number: 1 } }) },
    ref: isPullRequest ? "refs/pull/1/merge" : "refs/heads/main",
    sha,
    repository: trusted.repository,
    run_attempt: "1",
    server_url: "https://github.com",
    token: "a-token-of-the-rehearsal",
  };
}

/** The tools are this machine's, whatever version the workflow asks for. */
function machineAt(awsUrl: string, apiOrigin: string | undefined): NodeJS.ProcessEnv {
  const preloaded = ["redirect-fetch.js", ...(runsTypeScript ? [] : ["run-typescript.js"])].map(
    (file) => new URL(file, import.meta.url).href,
  );
  return {
    ...environmentAt(awsUrl),
    ...pathStyle,
    PATH: [join(import.meta.dirname, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(":"),
    NODE_OPTIONS: preloaded.map((url) => `--import=${url}`).join(" "),
    REHEARSAL_API_ORIGIN: apiOrigin, // for redirect-fetch.js
  };
}

const runsTypeScript = "typescript" in process.features && process.features.typescript !== false;

function substitutesFor({
  gate,
  repository,
  artifacts,
  tamper,
}: {
  gate: Gate;
  repository: Repository;
  artifacts: Artifacts;
  tamper: Started["tamper"];
}): Record<string, Substitute> {
  const isHere: Substitute = () => undefined;
  return {
    "actions/checkout": checkOutOf(repository),
    "actions/setup-node": isHere,
    "hashicorp/setup-terraform": isHere,
    "npm ci": ({ workspace }) => {
      symlinkSync(join(root, "node_modules"), join(workspace, "node_modules"));
      return undefined;
    },
    "actions/upload-artifact": async (job, parameters) => {
      await artifacts.upload(job, parameters);
      tamper?.(artifacts.folderOf(parameters["name"] ?? ""));
      return undefined;
    },
    "actions/download-artifact": artifacts.download,
    "aws-actions/configure-aws-credentials": configureCredentials(gate),
    "actions/attest": isHere, // GitHub's signature is GitHub's
  };
}
