import { mkdtempSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../../build/functions.ts";
import { copyProject } from "../../../testing/project-copy.ts";
import { takeRole, variablesOf } from "../aws.ts";
import type { Gate } from "../gate/gate.ts";
import { accountId, region } from "../gate/service-request.ts";
import { environmentAt, pathStyle } from "../programs.ts";
import { claimsOf, trusted, type TokenIssuer } from "../trust/tokens.ts";
import { makeArtifacts } from "./artifacts.ts";
import { checkOutOf, makeRepository } from "./repository.ts";
import { runWorkflow, type Extent, type WorkflowRun } from "./run-workflow.ts";
import type { JobAtWork, Substitute } from "./runner.ts";
import { startServices } from "./services.ts";

export type GitHub = Awaited<ReturnType<typeof startGitHub>>;

export interface Started extends Extent {
  event: "push" | "pull_request" | "schedule" | "workflow_dispatch";
  /** By default the first commit. */
  sha?: string;
  inputs?: Record<string, string>;
  apiOrigin?: string;
  /** Runs on each artifact once it is uploaded. */
  tamper?: (folder: string) => void;
}

/** Stands in for GitHub with the project in `scratchPath` as a repository, set up by the README. */
export async function startGitHub(gate: Gate, issuer: TokenIssuer, scratchPath: string) {
  const path = join(scratchPath, "repository");
  copyProject(scratchPath, path);
  const repository = await makeRepository(path);
  const services = await startServices(({ file, github, environment }, audience) => {
    const asking = { event: String(github["event_name"]), ref: String(github["ref"]), file };
    return issuer.issue({ ...claimsOf(asking, environment), aud: audience });
  });
  const isHere: Substitute = () => undefined;
  let runs = 0;
  return {
    repository,
    issues: services.issues,
    stop: services.stop,
    run(
      file: string,
      { event, sha = repository.first, inputs, apiOrigin, tamper, ...extent }: Started,
    ): Promise<WorkflowRun> {
      runs += 1;
      const runPath = mkdtempSync(join(scratchPath, "run-"));
      const { upload, download, folderOf } = makeArtifacts(join(runPath, "artifacts"));
      const substitutes: Record<string, Substitute> = {
        "actions/checkout": checkOutOf(repository),
        "actions/setup-node": isHere,
        "hashicorp/setup-terraform": isHere,
        "npm ci": ({ workspace }) => {
          symlinkSync(join(root, "node_modules"), join(workspace, "node_modules"));
        },
        "actions/upload-artifact": async (job, parameters) => {
          await upload(job, parameters);
          tamper?.(folderOf(parameters["name"] ?? ""));
        },
        "actions/download-artifact": download,
        "aws-actions/configure-aws-credentials": configureCredentials(gate),
        "actions/attest": isHere, // only GitHub can sign for GitHub
      };
      // This machine's tools, whatever version the workflow requests.
      const environmentOf = (job: JobAtWork): NodeJS.ProcessEnv => ({
        ...environmentAt(gate.url),
        ...pathStyle,
        PATH: [join(import.meta.dirname, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(":"),
        NODE_OPTIONS: `--import=${new URL("preload.js", import.meta.url).href}`,
        REHEARSAL_API_ORIGIN: apiOrigin, // for preload.js
        ...services.variablesFor(job),
      });
      const isPullRequest = event === "pull_request";
      // https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context
      const github = {
        event_name: event,
        event: { repository: { private: false }, ...(isPullRequest && { pull_request: { number: 1 } }) },
        ref: isPullRequest ? "refs/pull/1/merge" : "refs/heads/main",
        sha,
        repository: trusted.repository,
        run_id: String(runs),
        run_number: String(runs),
        run_attempt: "1",
        server_url: "https://github.com",
        api_url: services.url,
        token: "a-token-of-the-rehearsal",
      };
      const contexts = { github, vars: { AWS_REGION: region }, secrets: { AWS_ACCOUNT_ID: accountId } };
      const runner = { path: runPath, environmentOf, substitutes };
      const setting = { repositoryPath: path, file: `.github/workflows/${file}`, runner, extent, contexts };
      return runWorkflow(setting, inputs);
    },
  };
}

/** Stands in for aws-actions/configure-aws-credentials; a rule of .github/tests/ fixes what else it is given. */
function configureCredentials(gate: Gate): Substitute {
  return async ({ variables, env }, { "role-to-assume": role = "", "aws-region": AWS_REGION = "" }) => {
    // Without the permission id-token: write a job has neither.
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = "" } = variables;
    const answer = await fetch(`${url}&audience=sts.amazonaws.com`, { headers: { authorization: `bearer ${bearer}` } });
    const { value: token } = (await answer.json()) as { value: string };
    const credentials = await takeRole(gate.url, role, token);
    if (typeof credentials === "string") throw new Error(credentials);
    Object.assign(env, variablesOf(credentials), { AWS_REGION });
  };
}
