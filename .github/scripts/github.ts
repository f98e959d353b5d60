import { expectVariable } from "./script.ts";

/** GitHub's REST API for one repository; paths begin behind `/repos/OWNER/NAME`. */
export interface GitHub {
  repository: string;
  /** All items of a list, from all its pages. Throws GitHubRefusal. */
  list: (path: string) => Promise<unknown[]>;
  /** What GitHub made or changed. Throws GitHubRefusal. */
  send: (method: "POST" | "PATCH", path: string, body: object) => Promise<unknown>;
}

/** What an issue and a comment have in common. */
export interface Post {
  body: string | null;
  /** null when the account was deleted. */
  user: { login: string; type: string } | null;
}

/** GitHub counts 65,536 characters in the body of an issue or a comment; bytes are never fewer than those. */
export const bodyLimit_bytes = 65_536;

export class GitHubRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether a workflow's own token wrote this, and it begins with the marker: anybody else can write the marker too. */
export function isOurs({ user, body }: Post, marker: string): boolean {
  return user?.login === "github-actions[bot]" && user.type === "Bot" && body?.startsWith(marker) === true;
}

/**
 * Reads where GitHub is, the repository and the token from the environment of a job. Throws what is missing.
 *
 * https://docs.github.com/en/rest
 */
export function connectToGitHub(environment = process.env): GitHub {
  const apiUrl = expectVariable(
    "GITHUB_API_URL",
    /^https?:\/\/[^\s?#]+[^\s?#/]$/,
    "the address of GitHub's API, like https://api.github.com",
    environment,
  );
  const repository = expectVariable(
    "GITHUB_REPOSITORY",
    /^[\w.-]+\/[\w.-]+$/,
    "the repository, as owner/name",
    environment,
  );
  // fetch would print a token with a line break in it, as a header that is not valid.
  const token = expectVariable("GITHUB_TOKEN", /^[\x21-\x7e]+$/, "the job's token, ${{ github.token }}", environment);

  async function ask(method: string, url: string, body?: object): Promise<{ headers: Headers; content: unknown }> {
    const asked = `${method} ${new URL(url).pathname}`;
    const headers = {
      Authorization: `Bearer ${token}`,
      Accept: "application/vnd.github+json",
      "X-GitHub-Api-Version": "2022-11-28",
    };
    const signal = AbortSignal.timeout(30_000);
    try {
      const answer = await fetch(url, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) });
      if (!answer.ok) throw await refusalOf(answer, asked, token);
      return { headers: answer.headers, content: await answer.json() };
    } catch (error) {
      if (error instanceof GitHubRefusal) throw error;
      throw unreadable(asked, reasonOf(error));
    }
  }

  const repositoryUrl = `${apiUrl}/repos/${repository}`;
  return {
    repository,
    list: async (path) => {
      const items: unknown[] = [];
      let url = `${repositoryUrl}${path}`;
      for (let page = 1; page <= 1000; page++) {
        const { headers, content } = await ask("GET", url);
        if (!Array.isArray(content)) throw unreadable(`GET ${new URL(url).pathname}`, "it is no list");
        items.push(...(content as unknown[]));
        const next = nextPage(headers, apiUrl);
        if (next === undefined) return items;
        url = next;
      }
      throw new Error(`GitHub's list ${path} has no end.`);
    },
    send: async (method, path, body) => (await ask(method, `${repositoryUrl}${path}`, body)).content,
  };
}

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api: pages are followed, not counted. */
function nextPage(headers: Headers, apiUrl: string): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(headers.get("link") ?? "")?.[1];
  if (next === undefined) return undefined;
  // The token goes along.
  if (new URL(next).origin !== new URL(apiUrl).origin)
    throw new Error(`GitHub's next page is at ${new URL(next).origin}, which is not ${apiUrl}.`);
  return next;
}

async function refusalOf(answer: Response, asked: string, token: string): Promise<GitHubRefusal> {
  const { message } = (await answer.json().catch(() => ({}))) as { message?: unknown };
  const said = typeof message === "string" ? ` ("${message.replaceAll(token, "***").slice(0, 300)}")` : "";
  return new GitHubRefusal(answer.status, `GitHub answered ${answer.status}${said} to ${asked}: ${adviceFor(answer)}.`);
}

function adviceFor({ status, headers }: Response): string {
  const isLimited =
    status === 429 || (status === 403 && (headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after")));
  if (isLimited) return "its rate limit is used up, so run this job again later";
  if (status === 401) return "GITHUB_TOKEN must be the job's own token, ${{ github.token }}, which ends with the job";
  if (status === 403)
    return `the job needs the permission ${permissionsIn(headers)}, which pull requests from forks and by Dependabot never get`;
  if (status === 404) return "there is no such thing in this repository, or the token may not see it";
  if (status >= 500) return "GitHub has a problem of its own, so run this job again";
  return "it did not take what this script sent";
}

/** GitHub says `issues=write; pull_requests=write` for what a workflow writes `issues: write` or `pull-requests: write`. */
function permissionsIn(headers: Headers): string {
  const accepted = headers.get("x-accepted-github-permissions") ?? "issues=write; pull_requests=write";
  return accepted.replaceAll("=", ": ").replaceAll("_", "-").replaceAll(";", " or");
}

function unreadable(asked: string, reason: string): Error {
  return new Error(`GitHub gave no answer to ${asked} that can be read, ${reason}: run this job again.`);
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(reason instanceof Error)) return String(reason);
  return "code" in reason && typeof reason.code === "string" ? reason.code : reason.message;
}
