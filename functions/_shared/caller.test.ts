import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  callAt,
  problem,
  startLocalApi,
  startApiWithTokens,
  target,
  type Answer,
  type Sent,
} from "../../infra/testing/api.ts";
import type { Request } from "./http.ts";

const { url, call, pool } = await startApiWithTokens();
const unguarded = await startLocalApi({ environment: { AUTH: "jwt" } });
const requests = (await unguarded.functions.routes()).map(({ routeKey }) => routeKey.replace("{id}", randomUUID()));
const faulty = await startLocalApi({ pool });

beforeEach(({ skip }) => {
  skip(target === "deployed", "a deployed authorizer does not accept test tokens and cannot be removed");
});

function unauthorized(challenge: string, detail: string): Answer {
  const answer = problem(401, "unauthorized", "Unauthorized", detail);
  return {
    ...answer,
    headers: expect.objectContaining({
      "content-type": "application/problem+json",
      "www-authenticate": challenge,
    }) as Answer["headers"],
  };
}

const withoutClaims = unauthorized(
  "Bearer",
  "This request has no verified token: send an access token in the Authorization header. If you did, this route is missing its authorizer.",
);
const noAccessToken = unauthorized(
  'Bearer error="invalid_token"',
  "This is not an access token: sign in again and send the access token, not the ID token.",
);
const noSub = unauthorized(
  'Bearer error="invalid_token"',
  "The token's sub must be a non-blank string of 1 to 100 characters, because it becomes the organizer.",
);

/** Each would be refused for another reason if the caller were known. */
const wrongRequests: [request: string, sent: Sent][] = [
  ["POST /events", { text: "title=x" }],
  ["POST /events", { json: { capacity: 0 } }],
  ["GET /events/%20", {}],
  ["GET /events?state=draft", {}],
  [`PATCH /events/${randomUUID()}`, { json: { title: "x" }, headers: { "if-match": "none" } }],
  ["DELETE /events/%20", {}],
];

describe("a route without its authorizer", () => {
  test.each(requests)("%s: 401", async (request) => {
    expect(await unguarded.call(request)).toEqual(withoutClaims);
    expect(await unguarded.call(request, { json: { title: "x" } })).toEqual(withoutClaims);
  });

  test("a valid token does not help, because it was not verified", async () => {
    const sent = { headers: { authorization: `Bearer ${await pool.accessToken("alice")}` } };
    for (const request of requests) expect(await unguarded.call(request, sent)).toEqual(withoutClaims);
  });

  test.each(wrongRequests)("401 takes precedence: %s %j", async (request, sent) => {
    expect(await unguarded.call(request, sent)).toEqual(withoutClaims);
  });
});

describe("an ID token, which API Gateway accepts,", () => {
  test.each(requests)("is refused at %s: 401", async (request) => {
    expect(await callAt(url, await pool.idToken("alice"))(request, { json: { title: "x" } })).toEqual(noAccessToken);
  });

  test.each(wrongRequests)("is refused before anything else: %s %j", async (request, sent) => {
    expect(await callAt(url, await pool.idToken("alice"))(request, sent)).toEqual(noAccessToken);
  });
});

describe("a token", () => {
  test.each([["id"], ["refresh"], ["Access"], ["access "], [""], [true], [["access"]]])(
    "whose token_use is %j is refused: 401",
    async (use) => {
      expect(await callAt(url, await pool.accessToken("alice", { token_use: use }))("GET /events")).toEqual(
        noAccessToken,
      );
    },
  );

  test.each([["access"], [undefined], [null]])(
    "whose token_use is %j is accepted, because other issuers do not set it",
    async (use) => {
      expect((await callAt(url, await pool.accessToken("alice", { token_use: use }))("GET /events")).status).toBe(200);
    },
  );

  test.each([
    ["missing", undefined],
    ["null", null],
    ["empty", ""],
    ["blank", " \t\n\u3000"],
    ["of invisible characters", "\u200b\u2060"],
    ["too long by one", "x".repeat(101)],
    ["too long by one emoji", "🎈".repeat(101)],
    ["2,000 characters long", "x".repeat(2_000)],
    ["a lone surrogate", "x\ud83c"],
  ])("whose sub is %s is refused: 401", async (_what, sub) => {
    const theirs = callAt(url, await pool.accessToken("alice", { sub }));
    for (const request of requests) expect(await theirs(request, { json: { title: "x" } })).toEqual(noSub);
  });

  test.each([
    ["a Cognito user's", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", undefined],
    ["an Auth0 user's", "auth0|5f7c8ec7c33c6c004bbafe82", undefined],
    ["an Auth0 client's", "hJk2@clients", undefined],
    ["one with commas and spaces", "Tom, Dick & Harry", undefined],
    ["one that looks like a list", "[admin staff]", undefined],
    ["one that looks like JSON", '{"sub":"alice"}', undefined],
    ["one that looks like a query", "a=b&organizer=c%20d+e", undefined],
    ["one that looks like an expression", "#organizer = :caller) OR (#id", undefined],
    ["one of 100 emoji", "🎈".repeat(100), undefined],
    ["one with a NUL", "a\u0000b", undefined],
    ["a property of every JavaScript object", "__proto__", undefined],
    ["me", "me", undefined],
    ["a number, which arrives as text", 5, "5"],
  ])("whose sub is %s makes it the organizer", async (_what, sub, text = String(sub)) => {
    const theirs = callAt(url, await pool.accessToken("alice", { sub }));
    const id = randomUUID();
    const { status, body } = await theirs("POST /events", { json: { id, title: "x" } });
    expect([status, (body as { organizer: string }).organizer]).toEqual([201, text]);
    for (const organizer of ["me", encodeURIComponent(text)]) {
      expect((await theirs(`GET /events?organizer=${organizer}`)).body).toEqual({ events: [body] });
    }
    expect((await theirs(`PATCH /events/${id}`, { json: { title: "y", organizer: text } })).status).toBe(200);
    expect((await theirs(`DELETE /events/${id}`)).status).toBe(204);
  });
});

test("a request without a token is refused by API Gateway itself", async () => {
  for (const request of requests) {
    expect(await call(request)).toMatchObject({
      status: 401,
      body: { message: "Unauthorized" },
      headers: { "www-authenticate": "Bearer" },
    });
  }
});

describe("a token and its claims", () => {
  const printed: unknown[][] = [];

  beforeEach(() => {
    printed.length = 0;
    for (const level of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, level).mockImplementation((...line) => {
        printed.push(line);
      });
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, "write").mockImplementation((text) => Boolean(printed.push([text])));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("never reach the log or an error response", async () => {
    const canary = `canary${randomUUID()}`;
    const claims = { username: canary, email: `${canary}@example.com`, jti: canary };
    const [id, lost, mistaken] = [randomUUID(), randomUUID(), randomUUID()];
    faulty.database.setFault(lost, ({ response }) => response.destroy());
    faulty.database.setFault(mistaken, ({ response }) => {
      response
        .writeHead(400, { "content-type": "application/x-amz-json-1.0" })
        .end('{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}');
    });
    const tokens = [
      await pool.accessToken(canary, claims),
      await pool.accessToken("bob", claims),
      await pool.idToken(canary, claims),
      await pool.accessToken(canary.repeat(3), claims),
      await pool.accessToken(canary, { ...claims, exp: 1 }),
    ];
    const [theirs, others, idTokens, tooLong, expired] = tokens.map((token) => callAt(faulty.url, token)) as [
      typeof call,
      ...(typeof call)[],
    ];

    expect((await theirs("POST /events", { json: { id, title: "x" } })).status).toBe(201);
    const refusals = await Promise.all([
      theirs("POST /events", { json: { id, title: "x", organizer: `not ${canary}` } }),
      theirs(`PATCH /events/${randomUUID()}`, { json: { title: "x" } }),
      theirs("GET /events?organizer=me&cursor=x"),
      theirs("POST /events", { json: { id: lost, title: "x" } }),
      theirs(`PATCH /events/${mistaken}`, { json: { title: "x" } }),
      ...[others, idTokens, tooLong, expired].map((refused) =>
        refused?.(`PATCH /events/${id}`, { json: { title: "x" } }),
      ),
      unguarded.call("GET /events", { headers: { authorization: `Bearer ${tokens[0] ?? ""}` } }),
    ]);
    expect(refusals.map((answer) => answer?.status)).toEqual([400, 404, 400, 503, 500, 403, 401, 401, 401, 401]);

    expect(["ECONNRESET", "ValidationException"].filter((text) => inspect(printed).includes(text))).toHaveLength(2);
    const seen = inspect([printed, refusals], {
      depth: Infinity,
      maxStringLength: Infinity,
      maxArrayLength: Infinity,
      showHidden: true,
    });
    for (const secret of [canary, ...tokens.flatMap((token) => token.split("."))])
      expect(seen).not.toContain(secret.slice(0, 40));
  });
});

describe("AUTH", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([{ iam: { userId: "alice" } }, { lambda: { sub: "alice" } }, { jwt: {} }])(
    "of jwt requires an authorizer that has verified a token: %j",
    async (authorizer) => {
      vi.stubEnv("AUTH", "jwt");
      vi.resetModules();
      const { endpoint } = await import("./http.ts");
      const request = { version: "2.0", requestContext: { authorizer } } as unknown as Request;
      const answer = endpoint(() => Promise.resolve({ status: 204 }))(request, {
        getRemainingTimeInMillis: () => 10_000,
      });
      expect(await answer).toMatchObject({
        statusCode: 401,
        body: expect.stringContaining("This request has no verified token") as string,
      });
    },
  );

  test.each([
    [{ jwt: { claims: { sub: "alice" } } }, { caller: "alice" }],
    [undefined, {}],
  ])("of off accepts requests without a token, and obeys a verified one: %j", async (authorizer, body) => {
    vi.stubEnv("AUTH", "off");
    vi.resetModules();
    const { endpoint } = await import("./http.ts");
    const request = { version: "2.0", requestContext: { authorizer } } as unknown as Request;
    const answer = await endpoint((_request, caller) => Promise.resolve({ status: 200, body: { caller } }))(request, {
      getRemainingTimeInMillis: () => 10_000,
    });
    expect(JSON.parse(answer.body ?? "")).toEqual(body);
  });

  test.each([[undefined], [""], ["on"], ["JWT"], ["none"], [" off"], ["true"]])(
    "of %j makes loading fail",
    async (auth) => {
      vi.stubEnv("AUTH", auth);
      vi.resetModules();
      await expect(import("./http.ts")).rejects.toThrow('The environment variable AUTH must be "jwt" or "off".');
    },
  );
});
