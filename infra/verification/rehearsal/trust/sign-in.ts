import { refusedTokens } from "../../../testing/refused-tokens.ts";
import type { Edits } from "../github/repository.ts";
import type { Served } from "../served.ts";
import { expectNone } from "../steps.ts";

/** As infra/README.md says under "Sign in"; with mail and traces, because nothing else here needs the rights for them. */
export const turnSignInOn: Edits = {
  "infra/environments/staging.tfvars": (before) =>
    `${before}\nauth = { create_user_pool = true }\nalarm_email = "on-call@example.com"\ntracing = true\n`,
};

export async function expectTokensRefused({ url, api }: Served): Promise<string> {
  const { pool, routes } = await api();
  if (!pool) throw new Error("What is deployed asks for no token.");
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
  expectNone(wrong, "Tokens that must be refused are not");
  return `${requests.length * tokens.length} refused`;
}
