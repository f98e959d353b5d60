import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { listen, stop } from "../../../local/gateway/server.ts";
import { answerAbout, type Issues } from "./issues.ts";
import type { JobDescription } from "./runner.ts";

/**
 * Stands for GitHub's token endpoint, and for the REST API of issues and comments. `issueFor` signs the token
 * that GitHub would give to a job for an audience.
 *
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export async function startServices(issueFor: (job: JobDescription, audience: string) => string) {
  const jobs = new Map<string, JobDescription>();
  const issues: Issues = { isEnabled: true, issues: [], comments: [], done: [] };
  const answerTo = async (request: IncomingMessage): Promise<[status: number, content: unknown]> => {
    const { url: sent = "", method = "", headers } = request;
    const { pathname, searchParams } = new URL(sent, "http://localhost");
    if (pathname !== "/token")
      return answerAbout(issues, method, pathname, method === "GET" ? {} : await json(request));
    const job = jobs.get(headers.authorization?.replace(/^bearer /i, "") ?? "");
    return job
      ? [200, { value: issueFor(job, searchParams.get("audience") ?? "") }]
      : [401, { message: "Nobody has this request token." }];
  };
  const server = createServer((request, response) => {
    void answerTo(request)
      .catch((error: unknown) => [400, { message: String(error) }] as const)
      .then(([status, content]) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
      });
  });
  const { port } = await listen(server, 0);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    issues,
    /** The variables by which a job finds the token of its own, where it may have one. */
    variablesFor(job: JobDescription): Record<string, string> {
      if (job.permissions["id-token"] !== "write") return {};
      const requestToken = randomUUID();
      jobs.set(requestToken, job);
      return {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      };
    },
    stop: () => stop(server),
  };
}
