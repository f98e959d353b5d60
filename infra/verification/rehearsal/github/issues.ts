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
  /** The number of the issue or pull request. */
  on: number;
  body: string | null;
  user: Author | null;
}

/** What people read in a repository, and what a workflow did there, as `POST issues`, oldest first. */
export interface Issues {
  isEnabled: boolean;
  issues: Issue[];
  comments: Comment[];
  done: string[];
}

/** As whom a workflow's own token writes. */
export const bot: Author = { login: "github-actions[bot]", type: "Bot" };

/**
 * Stands for GitHub's REST API of one repository's issues and comments. `path` begins behind `/repos/OWNER/NAME`.
 *
 * https://docs.github.com/en/rest/issues
 */
export function answerAbout(
  all: Issues,
  method: string,
  path: string,
  fields: Record<string, string>,
): [status: number, content: unknown] {
  const asked = `${method} ${path.replace(/^\//, "")}`;
  if (method !== "GET") all.done.push(asked);
  if (Object.values(fields).some((text) => text.length > 65_536)) return [422, { message: "body is too long" }];
  if (asked === "GET ") return [200, { has_issues: all.isEnabled }];
  if (/^(GET|POST) issues$/.test(asked) && !all.isEnabled) return [410, { message: "Issues has been disabled" }];
  if (asked === "GET issues") return [200, all.issues.filter(({ state }) => state === "open")];
  if (asked === "POST issues") {
    const { title = "", body = "" } = fields;
    const issue = { number: all.issues.length + 1, title, body, state: "open", user: bot };
    all.issues.push(issue);
    return [201, issue];
  }
  const [, number, isOfComments] = /^issues\/(\d+)(\/comments)?$/.exec(path.slice(1)) ?? [];
  const [, id] = /^issues\/comments\/(\d+)$/.exec(path.slice(1)) ?? [];
  const on = Number(number);
  if (isOfComments && method === "GET") return [200, all.comments.filter((comment) => comment.on === on)];
  if (isOfComments && method === "POST") {
    const comment = { id: all.comments.length + 1, on, body: fields["body"] ?? "", user: bot };
    all.comments.push(comment);
    return [201, comment];
  }
  const found = id
    ? all.comments.find((comment) => comment.id === Number(id))
    : all.issues.find((issue) => issue.number === on);
  if (!found) return [404, { message: "Not Found" }];
  return [200, method === "PATCH" ? Object.assign(found, fields) : found];
}
