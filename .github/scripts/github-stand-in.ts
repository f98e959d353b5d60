import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach } from "vitest";
import { listen, stop } from "../../infra/local/gateway/server.ts";

export interface StoredIssue {
  number: number;
  title: string;
  body: string | null;
  state: string;
  user: { login: string; type: string } | null;
  /** GitHub lists pull requests as issues, with this. */
  pull_request?: object;
}

export interface StoredComment {
  id: number;
  /** The number of its issue or pull request. */
  on: number;
  body: string | null;
  user: { login: string; type: string } | null;
}

export interface Refusal {
  status: number;
  message?: string;
  headers?: Record<string, string>;
}

/** What was asked of it, and what it keeps: a test reads and fills both. */
export interface StandIn {
  url: string;
  issues: StoredIssue[];
  comments: StoredComment[];
  /** `POST /issues`, without the repository and without the query. */
  requests: string[];
  /** A refusal for a request, such as `POST /issues`. */
  refuse: (request: string) => Refusal | undefined;
  /** The environment with which a job would call it. */
  environment: Record<string, string>;
}

export const token = "ghs_a-token-that-nobody-may-see";
export const bot = { login: "github-actions[bot]", type: "Bot" };

interface Answer {
  status: number;
  content: unknown;
  headers?: Record<string, string>;
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((each) => each()));
});

/**
 * Starts a stand-in for GitHub's REST API on loopback, until the test is done. It is not GitHub: it keeps the issues and
 * comments of the repository octo-org/events-api in memory, pages through them with Link headers, and refuses a body of
 * over 65,536 characters, each as GitHub's documentation has it.
 *
 * https://docs.github.com/en/rest/issues
 */
export async function startGitHub(): Promise<StandIn> {
  const server = createServer((request, response) => void answerTo(request, response));
  const { port } = await listen(server, 0);
  stops.push(() => stop(server));
  const url = `http://127.0.0.1:${port}`;
  const gitHub: StandIn = {
    url,
    issues: [],
    comments: [],
    requests: [],
    refuse: () => undefined,
    environment: { GITHUB_API_URL: url, GITHUB_REPOSITORY: "octo-org/events-api", GITHUB_TOKEN: token },
  };

  async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = new URL(request.url ?? "", url);
    const body = request.method === "GET" ? {} : ((await json(request)) as Partial<StoredIssue>);
    const { authorization } = request.headers;
    const { status, content, headers } = answer(gitHub, {
      method: request.method ?? "",
      url: asked,
      authorization,
      body,
    });
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(content));
  }

  return gitHub;
}

interface Asked {
  method: string;
  url: URL;
  authorization: string | undefined;
  body: Partial<StoredIssue>;
}

function answer(gitHub: StandIn, { method, url, authorization, body }: Asked): Answer {
  // The addresses of further pages name the repository by its number.
  const path = url.pathname.replace(/^\/(repos\/octo-org\/events-api|repositories\/1)\//, "/");
  const request = `${method} ${path}`;
  gitHub.requests.push(request);
  const refusal =
    authorization === `Bearer ${token}` ? gitHub.refuse(request) : { status: 401, message: "Bad credentials" };
  if (refusal) return { status: refusal.status, content: { message: refusal.message }, headers: refusal.headers ?? {} };
  const isTooLong = Array.from(body.body ?? "").length > 65_536;
  if (isTooLong)
    return { status: 422, content: { message: "Validation Failed: body is too long (maximum is 65536 characters)" } };

  const number = Number(/\d+/.exec(path)?.[0]);
  const issue = gitHub.issues.find((each) => each.number === number);
  const comment = gitHub.comments.find((each) => each.id === number);
  switch (request.replace(/\d+/, "N")) {
    case "GET /issues":
      return page(url, listed(gitHub.issues, url.searchParams));
    case "POST /issues":
      return made(gitHub.issues, {
        number: gitHub.issues.length + 1,
        title: "",
        body: null,
        state: "open",
        user: bot,
        ...body,
      });
    case "PATCH /issues/N":
      return changed(issue, body);
    case "GET /issues/N/comments":
      return page(
        url,
        gitHub.comments.filter(({ on }) => on === number),
      );
    case "POST /issues/N/comments":
      return made(gitHub.comments, { id: gitHub.comments.length + 1, on: number, body: body.body ?? null, user: bot });
    case "PATCH /issues/comments/N":
      return changed(comment, body);
    default:
      return { status: 404, content: { message: "Not Found" } };
  }
}

function listed(issues: StoredIssue[], parameters: URLSearchParams): StoredIssue[] {
  const open = issues
    .filter(({ state }) => state === (parameters.get("state") ?? "open"))
    .sort((a, b) => a.number - b.number);
  return parameters.get("direction") === "asc" ? open : open.reverse();
}

function page(url: URL, items: object[]): Answer {
  const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
  const number = Number(url.searchParams.get("page") ?? 1);
  const at = (other: number, relation: string) => {
    const next = new URL(url.href.replace("/repos/octo-org/events-api/", "/repositories/1/"));
    next.searchParams.set("page", String(other));
    return `<${next.href}>; rel="${relation}"`;
  };
  const isLast = number * size >= items.length;
  const links = [
    ...(number > 1 ? [at(number - 1, "prev")] : []),
    ...(isLast ? [] : [at(number + 1, "next"), at(Math.ceil(items.length / size), "last")]),
  ];
  return {
    status: 200,
    content: items.slice((number - 1) * size, number * size),
    ...(links.length > 0 && { headers: { Link: links.join(", ") } }),
  };
}

function made<Item>(items: Item[], item: Item): Answer {
  items.push(item);
  return { status: 201, content: item };
}

function changed(item: object | undefined, changes: object): Answer {
  return item
    ? { status: 200, content: Object.assign(item, changes) }
    : { status: 404, content: { message: "Not Found" } };
}
