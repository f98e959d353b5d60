import type { IncomingMessage } from "node:http";
import { rules } from "../../../functions/_shared/event.ts";
import { textAnswer, type HttpAnswer } from "../gateway/gateway-answer.ts";
import type { UserPool } from "./tokens.ts";

/** Answers `GET /token?sub=alice` with an access token for alice; `&scope=` sets its scopes. */
export function tokenEndpoint({ accessToken }: Pick<UserPool, "accessToken">) {
  return async ({ method, url = "", headers }: IncomingMessage): Promise<HttpAnswer | undefined> => {
    const [path, query = ""] = url.split(/\?(.*)/s);
    if (method !== "GET" || path !== "/token") return undefined;
    // DNS rebinding can point a web page's name here, to let the page read the answer. Host still has that name.
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? ""))
      return text(403, "Tokens are issued only to localhost.");
    const parameters = [...new URLSearchParams(query)];
    const { sub = "", scope } = Object.fromEntries(parameters);
    const isValid = rules.organizer(sub) === undefined && parameters.length === (scope === undefined ? 1 : 2);
    if (!isValid)
      return text(400, "Use /token?sub=NAME, with a name of 1 to 100 characters; &scope= sets the token's scopes.");
    return text(200, await accessToken(sub, scope === undefined ? {} : { scope }));
  };
}

function text(status: number, line: string): HttpAnswer {
  return textAnswer(status, "text/plain; charset=utf-8", `${line}\n`, [["cache-control", "no-store"]]);
}
