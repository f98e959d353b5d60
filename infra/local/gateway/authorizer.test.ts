import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { callServerAt, type Answer } from "../../testing/call.ts";
import { jwtAuthorizer } from "./authorizer.ts";
import { startGateway, type LogLine } from "./gateway.ts";
import { refusedTokens } from "../../testing/refused-tokens.ts";
import { makeUserPool } from "../sign-in/tokens.ts";

const pool = await makeUserPool();
const authorizer = jwtAuthorizer(pool);
const logged: LogLine[] = [];
/** The events that the functions received. */
let events: unknown[] = [];

const invoke = (event: object) => {
  events.push(event);
  return Promise.resolve({ statusCode: 200 });
};
const { url, stop } = await startGateway({
  stage: "prod",
  port: 0,
  routes: () =>
    Promise.resolve([
      { routeKey: "GET /events", authorizer, invoke },
      { routeKey: "POST /events", authorizer, scopes: ["events/write", "admin"], invoke },
      { routeKey: "GET /open", invoke },
    ]),
  log: (line) => logged.push(line),
});
afterAll(stop);

const call = callServerAt(url);
const good = await pool.accessToken("alice");
const refused = await refusedTokens(pool);
const unauthorized = (challenge: string) => refusal(401, "Unauthorized", { "www-authenticate": challenge });

beforeEach(() => {
  events = [];
});

function refusal(status: number, message: string, headers: object): Answer {
  const always = { "content-type": "application/json", "apigw-requestid": expect.any(String) as string };
  return {
    status,
    headers: expect.objectContaining({ ...always, ...headers }) as Answer["headers"],
    body: { message },
  };
}

function send(authorization: string | string[], request = "GET /events"): Promise<Answer> {
  return call(request, { headers: { authorization } });
}

/** What a function called with this token gets in requestContext.authorizer. */
async function authorizerOf(token: string, request = "GET /events"): Promise<unknown> {
  expect(await send(`Bearer ${token}`, request)).toMatchObject({ status: 200 });
  return (events.at(-1) as { requestContext: { authorizer?: unknown } }).requestContext.authorizer;
}

describe("refuses, and does not invoke the function", () => {
  test.each(refused)("$what", async ({ authorization, challenge }) => {
    expect(await send(authorization)).toEqual(unauthorized(challenge));
    expect(events).toEqual([]);
  });

  test.each(["access_token", "token", "authorization", "Authorization"])(
    "a token in the query string, as %s",
    async (name) => {
      expect(await call(`GET /events?${name}=${good}`)).toEqual(unauthorized("Bearer"));
      expect(await call(`GET /events?${name}=Bearer+${good}`)).toEqual(unauthorized("Bearer"));
      expect(events).toEqual([]);
    },
  );

  test("a token in a cookie or in the body", async () => {
    const sent = { headers: { cookie: `authorization=${good}; token=${good}` }, json: { access_token: good } };
    expect(await call("GET /events", sent)).toEqual(unauthorized("Bearer"));
    expect(events).toEqual([]);
  });

  test("any other text instead of a token", async () => {
    const headerText = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString("base64url")),
    );
    const dotted = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => `Bearer ${parts.join(".")}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(headerText, dotted), async (authorization) => {
        expect((await send(authorization)).status).toBe(401);
      }),
    );
    expect(events).toEqual([]);
  });

  test("unusual claims, or accepts them, but never fails with a 500", async () => {
    const odd = fc.dictionary(
      fc.constantFrom("iss", "aud", "client_id", "exp", "nbf", "iat", "scope", "scp", "sub", "__proto__"),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(odd, async (claims) => {
        const { status } = await send(`Bearer ${await pool.accessToken("alice", claims)}`, "POST /events");
        expect([200, 401, 403, 431]).toContain(status);
      }),
    );
  });
});

describe("lets pass", () => {
  test.each([
    ["with its scheme", `Bearer ${good}`],
    ["without a scheme", good],
    ["with its scheme in lower case", `bearer ${good}`],
    ["with its scheme in upper case", `BEARER ${good}`],
  ])("an access token %s", async (_what, authorization) => {
    expect((await send(authorization)).status).toBe(200);
  });

  test("an ID token, as API Gateway does", async () => {
    expect(await authorizerOf(await pool.idToken("alice"))).toMatchObject({
      jwt: { claims: { token_use: "id", aud: pool.audience[0] } },
    });
  });

  test.each([
    ["the right audience and another client", { aud: pool.audience[0], client_id: "another" }],
    ["the right audience among others", { aud: ["another", pool.audience[0]] }],
    ["an nbf that has passed", { nbf: Math.floor(Date.now() / 1000) - 1 }],
    ["no iat", { iat: undefined }],
  ])("a token with %s", async (_what, claims) => {
    expect((await send(await pool.accessToken("alice", claims))).status).toBe(200);
  });

  test.each(["RS384", "RS512"])("a token signed by %s", async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const token = await new SignJWT({ iss: "other", client_id: "client", exp: 4_102_444_800 })
      .setProtectedHeader({ alg, kid: "one" })
      .sign(privateKey);
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "one" }] };
    expect(await jwtAuthorizer({ issuer: "other", audience: ["client"], keys })(token, [])).toHaveProperty("jwt");
  });

  test("calls without a token to a route without authorizer, a preflight and an unknown route", async () => {
    expect((await call("GET /open")).status).toBe(200);
    const preflight = { headers: { origin: "https://example.com", "access-control-request-method": "POST" } };
    expect(await call("OPTIONS /events", preflight)).toEqual(refusal(404, "Not Found", {}));
    expect(await call("GET /nothing")).toEqual(refusal(404, "Not Found", {}));
  });
});

describe("a route with scopes", () => {
  test.each([
    ["one of them", { scope: "events/write" }, ["events/write"]],
    ["the other, among others", { scope: "openid  admin profile" }, ["openid", "admin", "profile"]],
    ["one in scp, as a list", { scope: undefined, scp: ["admin", "x"] }, ["admin", "x"]],
    ["one in scp, as text", { scope: undefined, scp: "x admin" }, ["x", "admin"]],
  ])("accepts a token with %s, and passes on all its scopes", async (_what, claims, scopes) => {
    expect(await authorizerOf(await pool.accessToken("alice", claims), "POST /events")).toMatchObject({
      jwt: { scopes },
    });
  });

  test.each([
    ["none of them", {}],
    ["a scope that only starts with one", { scope: "events/write2 administrator" }],
    ["one of them in another case", { scope: "Admin" }],
    ["no scope", { scope: undefined }],
    ["an empty scope", { scope: "" }],
    ["one in scope but not in scp, which takes precedence", { scope: "admin", scp: ["x"] }],
    ["a scope that is not text", { scope: 5 }],
  ])("refuses a token with %s", async (_what, claims) => {
    const answer = await send(await pool.accessToken("alice", claims), "POST /events");
    expect(answer).toEqual(refusal(403, "Forbidden", {}));
    expect(answer.headers).not.toHaveProperty("www-authenticate");
    expect(events).toEqual([]);
  });

  test("names its scopes when it refuses a token for another reason", async () => {
    const expired = await pool.accessToken("alice", { exp: 1 });
    const challenge =
      'Bearer scope="events/write admin" error="invalid_token" error_description="the token has expired"';
    expect(await send(expired, "POST /events")).toEqual(unauthorized(challenge));
  });
});

describe("a function gets the claims as text, and nothing else", () => {
  test("of an access token", async () => {
    const now_s = Math.floor(Date.now() / 1000);
    const uuid = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
    const claims = { origin_jti: uuid, event_id: uuid, jti: uuid, auth_time: now_s, iat: now_s, exp: now_s + 60 };
    expect(await authorizerOf(await pool.accessToken("alice", claims))).toEqual({
      jwt: {
        claims: {
          sub: "alice",
          iss: pool.issuer,
          client_id: pool.audience[0],
          origin_jti: uuid,
          event_id: uuid,
          token_use: "access",
          scope: "aws.cognito.signin.user.admin",
          auth_time: String(now_s),
          exp: String(now_s + 60),
          iat: String(now_s),
          jti: uuid,
          username: "alice",
        },
        scopes: null,
      },
    });
  });

  test.each([
    ["text", "Ann Ö 🎈", "Ann Ö 🎈"],
    ["text that looks like a list", "[a b]", "[a b]"],
    ["empty text", "", ""],
    ["a number", 9_999_999_999, "9999999999"],
    ["a fraction", 0.5, "0.5"],
    ["a boolean", true, "true"],
    ["a list", ["admin", "staff"], "[admin staff]"],
    ["an empty list", [], "[]"],
    ["a list of one", ["admin"], "[admin]"],
    ["a list of numbers", [1, 2], "[1 2]"],
    ["an object", { country: "JP" }, '{"country":"JP"}'],
    ["null", null, undefined],
  ])("%s", async (_what, claim, text) => {
    const { jwt } = (await authorizerOf(await pool.accessToken("alice", { "cognito:groups": claim }))) as {
      jwt: { claims: Record<string, string> };
    };
    expect(jwt.claims["cognito:groups"]).toBe(text);
    expect(Object.hasOwn(jwt.claims, "cognito:groups")).toBe(text !== undefined);
  });

  test("and no authorizer if the route has none", async () => {
    await call("GET /open", { headers: { authorization: good } });
    expect((events[0] as { requestContext: object }).requestContext).not.toHaveProperty("authorizer");
  });
});

describe("of a token", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("nothing reaches the log, wherever it was sent, accepted or not", async () => {
    const printed = vi.fn<(text: unknown) => boolean>().mockReturnValue(true);
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(printed);
    for (const level of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, level).mockImplementation(printed);
    logged.length = 0;
    const tokens = [
      good,
      await pool.idToken("alice"),
      await pool.accessToken("alice", { exp: 1 }),
      `${good.slice(0, -9)}forgery!!`,
    ];
    for (const token of tokens) {
      await send(token);
      await send(`Bearer ${token}`, "POST /events");
      await send(token, `GET /events?access_token=${token}`);
      await call(`GET /nothing?access_token=${token}`);
    }
    expect(logged.map(({ path, status }) => [path, status]).slice(0, 4)).toEqual([
      ["/prod/events", 200],
      ["/prod/events", 403],
      ["/prod/events", 200],
      ["/prod/nothing", 404],
    ]);
    const seen = JSON.stringify([logged, logged.map(({ error }) => String(error)), printed.mock.calls]);
    for (const part of tokens.flatMap((token) => token.split("."))) expect(seen).not.toContain(part.slice(0, 40));
  });
});

describe("bad keys are an error of the server, not of the caller:", () => {
  test("an invalid key set is refused at startup", () => {
    const keys = { keys: "none" } as unknown as typeof pool.keys;
    expect(() => jwtAuthorizer({ ...pool, keys })).toThrow("JSON Web Key Set malformed");
  });

  test("a key that is too short is an error, not a 401", async () => {
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    const decide = jwtAuthorizer({ ...pool, keys: { keys: [{ ...pool.keys.keys[0], ...short, kty: "RSA" }] } });
    await expect(decide(good, [])).rejects.toThrow("2048 bits");
  });
});
