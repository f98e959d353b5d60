import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { listen, stop } from "../../infra/local/gateway/server.ts";
import { connectToGitHub, isOurs } from "./github.ts";
import { bot, startGitHub, token, type Refusal } from "./github-stand-in.ts";

async function connect(environment: Record<string, string> = {}) {
  const gitHub = await startGitHub();
  return { gitHub, connection: connectToGitHub({ ...gitHub.environment, ...environment }) };
}

describe("a refusal is one sentence that says what to do, without the token:", () => {
  test.each<[refusal: Refusal, advice: string]>([
    [{ status: 401 }, "GITHUB_TOKEN must be the job's own token, ${{ github.token }}, which ends with the job"],
    [
      { status: 403 },
      "the job needs the permission issues: write or pull-requests: write, which pull requests from forks and by Dependabot never get",
    ],
    [
      { status: 403, headers: { "x-accepted-github-permissions": "pull_requests=write" } },
      "the job needs the permission pull-requests: write, which pull requests from forks and by Dependabot never get",
    ],
    [
      { status: 403, headers: { "x-ratelimit-remaining": "0" } },
      "its rate limit is used up, so run this job again later",
    ],
    [{ status: 403, headers: { "retry-after": "60" } }, "its rate limit is used up, so run this job again later"],
    [{ status: 429 }, "its rate limit is used up, so run this job again later"],
    [{ status: 404 }, "there is no such thing in this repository, or the token may not see it"],
    [{ status: 422 }, "it did not take what this script sent"],
    [{ status: 500 }, "GitHub has a problem of its own, so run this job again"],
    [{ status: 503 }, "GitHub has a problem of its own, so run this job again"],
  ])("%j", async (refusal, advice) => {
    const { gitHub, connection } = await connect();
    gitHub.refuse = () => ({ ...refusal, message: `What about ${token}?` });
    const sentence = `GitHub answered ${refusal.status} ("What about ***?") to POST /repos/octo-org/events-api/issues: ${advice}.`;
    await expect(connection.send("POST", "/issues", {})).rejects.toThrow(
      expect.objectContaining({ message: sentence, status: refusal.status }) as Error,
    );
  });

  test("a token that GitHub does not know", async () => {
    const { connection } = await connect({ GITHUB_TOKEN: "another" });
    await expect(connection.list("/issues")).rejects.toThrow(
      /^GitHub answered 401 \("Bad credentials"\) to GET \/repos\/octo-org\/events-api\/issues: /,
    );
  });
});

describe("no answer that can be read is one sentence too:", () => {
  test("nobody listens", async () => {
    const server = createServer();
    const { port } = await listen(server, 0);
    await stop(server);
    const { connection } = await connect({ GITHUB_API_URL: `http://127.0.0.1:${port}` });
    await expect(connection.list("/issues")).rejects.toThrow(
      "GitHub gave no answer to GET /repos/octo-org/events-api/issues that can be read, ECONNREFUSED: run this job again.",
    );
  });

  test.each<[what: string, status: number, content: string, sentence: RegExp]>([
    [
      "a page of a proxy",
      200,
      "<html>",
      /^GitHub gave no answer to GET \/repos\/octo-org\/events-api\/issues that can be read, .*: run this job again\.$/,
    ],
    [
      "a list that is none",
      200,
      "{}",
      /^GitHub gave no answer to GET \/repos\/octo-org\/events-api\/issues that can be read, it is no list: run this job again\.$/,
    ],
    [
      "an error that is not JSON",
      502,
      "<html>",
      /^GitHub answered 502 to GET \/repos\/octo-org\/events-api\/issues: GitHub has a problem of its own, so run this job again\.$/,
    ],
  ])("%s", async (_what, status, content, sentence) => {
    const server = createServer((_request, response) => response.writeHead(status).end(content));
    const { port } = await listen(server, 0);
    const { connection } = await connect({ GITHUB_API_URL: `http://127.0.0.1:${port}` });
    await expect(connection.list("/issues")).rejects.toThrow(sentence);
    await stop(server);
  });
});

test("follows the pages of a list to the last one", async () => {
  const { gitHub, connection } = await connect();
  gitHub.issues = Array.from({ length: 201 }, (_, index) => ({
    number: index + 1,
    title: "",
    body: "",
    state: "open",
    user: bot,
  }));
  expect(await connection.list("/issues?per_page=100&direction=asc")).toEqual(gitHub.issues);
});

test("follows no page to another server: the token goes along", async () => {
  const asked: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    asked.push(request.url);
    response.end("[]");
  });
  const otherUrl = `http://127.0.0.1:${(await listen(other, 0)).port}`;
  const server = createServer((_request, response) =>
    response.writeHead(200, { Link: `<${otherUrl}/issues?page=2>; rel="next"` }).end("[]"),
  );
  const url = `http://127.0.0.1:${(await listen(server, 0)).port}`;
  const { connection } = await connect({ GITHUB_API_URL: url });
  await expect(connection.list("/issues")).rejects.toThrow(
    `GitHub's next page is at ${otherUrl}, which is not ${url}.`,
  );
  await Promise.all([stop(server), stop(other)]);
  expect(asked).toEqual([]);
});

describe("does not begin without what it needs, and does not say what it got:", () => {
  test.each<[what: string, environment: Record<string, string>, sentence: string]>([
    [
      "no token",
      { GITHUB_TOKEN: "" },
      "GITHUB_TOKEN must be the job's token, ${{ github.token }}; it is empty or not set.",
    ],
    [
      "a token with a line break",
      { GITHUB_TOKEN: "secret\nx" },
      "GITHUB_TOKEN must be the job's token, ${{ github.token }}.",
    ],
    [
      "a repository without an owner",
      { GITHUB_REPOSITORY: "events-api" },
      "GITHUB_REPOSITORY must be the repository, as owner/name.",
    ],
    [
      "no address of GitHub",
      { GITHUB_API_URL: "" },
      "GITHUB_API_URL must be the address of GitHub's API, like https://api.github.com; it is empty or not set.",
    ],
    [
      "an address that is none",
      { GITHUB_API_URL: "api.github.com" },
      "GITHUB_API_URL must be the address of GitHub's API, like https://api.github.com.",
    ],
  ])("%s", async (_what, environment, sentence) => {
    await expect(connect(environment)).rejects.toThrow(new Error(`The environment variable ${sentence}`));
  });
});

test.each<[what: string, user: { login: string; type: string } | null, body: string | null, isOne: boolean]>([
  ["a workflow's", bot, "<!-- a --> and more", true],
  ["a workflow's without the marker", bot, "and <!-- a -->", false],
  ["a workflow's without a body", bot, null, false],
  ["a user's of that name", { login: "github-actions[bot]", type: "User" }, "<!-- a -->", false],
  ["another bot's", { login: "dependabot[bot]", type: "Bot" }, "<!-- a -->", false],
  ["nobody's", null, "<!-- a -->", false],
])("tells its own posts from others: %s", (_what, user, body, isOne) => {
  expect(isOurs({ user, body }, "<!-- a -->")).toBe(isOne);
});
