export interface Author {
  login: string;
  type: string;
}

export interface Issue {
  number: number;
  title: string;
  body: string | null;
  state: string;
  state_reason?: string;
  user: Author | null;
  /** GitHub lists pull requests as issues too. */
  pull_request?: object;
}

export interface Comment {
  id: number;
  on: number;
  body: string | null;
  user: Author | null;
}

/** What people read in a repository, and what workflows did there, as `POST issues`. */
export interface Issues {
  isEnabled: boolean;
  issues: Issue[];
  comments: Comment[];
  done: string[];
}

/** As whom a workflow's own token writes. */
export const bot: Author = { login: "github-actions[bot]", type: "Bot" };

/**
 * Stands for GitHub's REST API of a repository's issues and comments.
 *
 * https://docs.github.com/en/rest/issues
 */
export function answerAbout(all: Issues, method: string, path: string, given: unknown): [number, unknown] {
  const fields = given as Record<string, string>;
  const { title = "", body = "" } = fields;
  const [, place = "", id] = /^\/repos\/[^/]+\/[^/]+\/?(.*?)(\d+(?=\/|$))?(?:\/comments)?$/.exec(path) ?? [];
  const number = Number(id);
  const isOfComments = path.endsWith("/comments");
  if (method !== "GET") all.done.push(`${method} ${path.replace(/^\/repos\/[^/]+\/[^/]+\//, "")}`);
  if (Object.values(fields).some((text) => text.length > 65_536)) return [422, { message: "body is too long" }];
  if (place === "") return [200, { has_issues: all.isEnabled }];
  if (id === undefined) {
    if (!all.isEnabled) return [410, { message: "Issues has been disabled" }];
    if (method === "GET") return [200, all.issues.filter(({ state }) => state === "open")];
    all.issues.push({ number: all.issues.length + 1, title, body, state: "open", user: bot });
    return [201, all.issues.at(-1)];
  }
  if (isOfComments && method === "GET") return [200, all.comments.filter(({ on }) => on === number)];
  if (isOfComments) {
    all.comments.push({ id: all.comments.length + 1, on: number, body, user: bot });
    return [201, all.comments.at(-1)];
  }
  const found = place.includes("comments")
    ? all.comments.find((comment) => comment.id === number)
    : all.issues.find((issue) => issue.number === number);
  if (!found) return [404, { message: "Not Found" }];
  return [200, method === "PATCH" ? Object.assign(found, fields) : found];
}
