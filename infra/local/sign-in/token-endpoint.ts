import type { IncomingMessage } from "node:http";
import { rules } from "../../../functions/_shared/event.ts";
import { textAnswer, type HttpAnswer } from "../gateway/gateway-answer.ts";
import type { UserPool } from "./tokens.ts";

/** Answers `GET /token?sub=alice` with an access token of alice; `&scope=` gives it other scopes. */
export function tokenEndpoint({ accessToken }: Pick<UserPool, "accessToken">) {
  return async ({ method, url = "", headers }: IncomingMessage): Promise<HttpAnswer | undefined> => {
    const [path, query = ""] = url.split(/\?(.*)/s);
    if (method !== "GET" || path !== "/token") return undefined;
    // The name of somebody's page can be made to lead here, and the page could then read the answer. The browser still sends that name.
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? ""))
      return text(403, "Tokens are given to localhost only.");
    const asked = [...new URLSearchParams(query)];
    const { sub = "", scope } = Object.fromEntries(asked);
    const isUnderstood = rules.organizer(sub) === undefined && asked.length === (scope === undefined ? 1 : 2);
    if (!isUnderstood)
      return text(
        400,
        "Ask for /token?sub=alice, a name of 1 to 100 characters; &scope= gives the token other scopes.",
      );
    return text(200, await accessToken(sub, scope === undefined ? {} : { scope }));
  };
}

function text(status: number, line: string): HttpAnswer {
  return textAnswer(status, "text/plain; charset=utf-8", `${line}\n`, [["cache-control", "no-store"]]);
}
