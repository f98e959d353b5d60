import { randomUUID } from "node:crypto";
import { startStandIn } from "../../../local/bucket/stand-in.ts";
import { jsonAnswer, jsonOf } from "../gate/service-request.ts";
import type { JobAtWork } from "./runner.ts";

export interface Issue {
  number: number;
  title: string;
  body: string | null;
  state: string;
  state_reason?: string;
  user: typeof bot | null;
  /** GitHub lists pull requests as issues too. */
  pull_request?: object;
}

export interface Comment {
  id: number;
  on: number;
  body: string | null;
  user: typeof bot | null;
}

type Answer = [status: number, content: unknown];

/** A repository's issues and comments, and what workflows did there, as `POST issues`. */
interface Issues {
  isEnabled: boolean;
  issues: Issue[];
  comments: Comment[];
  waiting: { id: number; run_number: number }[];
  done: string[];
}

export const bot = { login: "github-actions[bot]", type: "Bot" };

/**
 * Stands in for GitHub's token endpoint, where `issueFor` signs the tokens, and for its REST API.
 *
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export async function startServices(issueFor: (job: JobAtWork, audience: string) => Promise<string>) {
  const jobs = new Map<string, JobAtWork>();
  const issues: Issues = { isEnabled: true, issues: [], comments: [], waiting: [], done: [] };
  const { url, stop } = await startStandIn({
    async answerTo({ url: sent, method, headers, body }) {
      const { pathname, searchParams } = new URL(sent, "http://localhost");
      if (pathname !== "/token") {
        const given = body.length > 0 ? jsonOf({ body }) : Object.fromEntries(searchParams);
        return jsonAnswer(...answerAbout(issues, method, pathname, given));
      }
      const job = jobs.get(headers["authorization"]?.[0]?.replace(/^bearer /i, "") ?? "");
      if (!job) return jsonAnswer(401, { message: "Unknown request token." });
      return jsonAnswer(200, { value: await issueFor(job, searchParams.get("audience") ?? "") });
    },
    broken: jsonAnswer(400, { message: "Bad Request" }),
    failed: jsonAnswer(500, { message: "Server Error" }),
  });
  return {
    url,
    issues,
    variablesFor(job: JobAtWork): Record<string, string> {
      if (job.permissions["id-token"] !== "write") return {};
      const requestToken = randomUUID();
      jobs.set(requestToken, job);
      return {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      };
    },
    stop,
  };
}

/**
 * https://docs.github.com/en/rest/issues
 * https://docs.github.com/en/rest/actions/workflow-runs
 */
function answerAbout(all: Issues, method: string, path: string, given: unknown): Answer {
  const fields = given as Record<string, string>;
  const { title = "", body = "" } = fields;
  const request = `${method} ${path.replace(/^\/repos\/[^/]+\/[^/]+\/?/, "")}`;
  const number = Number(/\d+/.exec(request)?.[0]);
  if (method !== "GET") all.done.push(request);
  if (Object.values(fields).some((text) => text.length > 65_536)) return [422, { message: "body is too long" }];
  const change = (found: Issue | Comment | undefined): Answer =>
    found ? [200, method === "PATCH" ? Object.assign(found, fields) : found] : notFound;
  switch (request.replace(/\d+/, "N")) {
    case "GET ":
      return [200, { has_issues: all.isEnabled }];
    case "GET actions/workflows/deploy.yml/runs":
      return [200, { workflow_runs: fields["status"] === "waiting" ? all.waiting : [] }];
    case "POST actions/runs/N/cancel": {
      const left = all.waiting.filter((run) => run.id !== number);
      if (left.length === all.waiting.length)
        return [409, { message: "Cannot cancel a workflow run that is completed." }];
      all.waiting = left;
      return [202, {}];
    }
    case "GET issues":
      return all.isEnabled ? [200, all.issues.filter(({ state }) => state === "open")] : disabled;
    case "POST issues":
      if (!all.isEnabled) return disabled;
      all.issues.push({ number: all.issues.length + 1, title, body, state: "open", user: bot });
      return [201, all.issues.at(-1)];
    case "GET issues/N/comments":
      return [200, all.comments.filter(({ on }) => on === number)];
    case "POST issues/N/comments":
      all.comments.push({ id: all.comments.length + 1, on: number, body, user: bot });
      return [201, all.comments.at(-1)];
    case "PATCH issues/comments/N":
      return change(all.comments.find(({ id }) => id === number));
    case "GET issues/N":
    case "PATCH issues/N":
      return change(all.issues.find((issue) => issue.number === number));
    default:
      return notFound;
  }
}

const disabled: Answer = [410, { message: "Issues has been disabled" }];
const notFound: Answer = [404, { message: "Not Found" }];
