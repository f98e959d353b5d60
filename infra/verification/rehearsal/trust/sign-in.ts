import { refusedTokens } from "../../../testing/refused-tokens.ts";
import type { Edits } from "../github/repository.ts";
import type { Served } from "../served.ts";
import { expectNone } from "../steps.ts";

/** As in infra/README.md under "Sign in"; with mail and traces, because nothing else here needs their permissions. */
export const turnSignInOn: Edits = {
  "infra/environments/staging.tfvars": (before) =>
    `${before}\nauth = { create_user_pool = true }\nalarm_email = "on-call@example.com"\ntracing = true\n`,
};

export async function expectTokensRefused({ url, api }: Served): Promise<string> {
  const { pool, routes } = await api();
  if (!pool) throw new Error("The deployed API requires no token.");
  const wrong: string[] = [];
  const tokens = await refusedTokens(pool);
  const requests = routes.map(({ routeKey }) => routeKey.replace("{id}", "1").split(" "));
  for (const [method = "", path = ""] of requests) {
    for (const { what, authorization } of tokens) {
      const headers = authorization.map((value): [string, string] => ["authorization", value]);
      const answer = await fetch(url + path, { method, headers });
      const body = await answer.text();
      if (answer.status !== 401 || body !== '{"message":"Unauthorized"}')
        wrong.push(`${method} ${path} with ${what}: answered ${answer.status} ${body}`);
    }
  }
  expectNone(wrong, "These tokens must be refused");
  return `${requests.length * tokens.length} refused`;
}
