import { describe, expect, test } from "vitest";
import { startApi, startApiWithTokens, type Answer, type Call } from "../../testing/api.ts";
import { operations } from "../../testing/contract.ts";

const open = await startApi();
const guarded = await startApiWithTokens();

/** The examples of functions/openapi.yaml: each of an answer, with the route that gives it, and the bodies of requests by route and name. */
const answers = operations.flatMap(({ routeKey, operation }) =>
  Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).flatMap(([contentType, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value }]) => ({
        name,
        routeKey,
        status: Number(status),
        contentType,
        value,
      })),
    ),
  ),
);
const bodies = operations.flatMap(({ routeKey, operation }) =>
  Object.entries(operation.requestBody?.content ?? {}).flatMap(([contentType, { schema, examples = {} }]) =>
    Object.entries(examples).map(([name, { value }]) => ({ name, routeKey, contentType, schema, value })),
  ),
);

const event = { id: "123", type: "test_event", payload: { key: "value" } };
const right: Record<string, unknown> = {
  "PUT /events/{id}": {},
  "PATCH /events/{id}": {},
  "POST /events/{id}/upload-url": { contentType: "image/png", contentLength: 1 },
};

/** Asks for the answer that an example shows. The event 123 is there, as it was created; before it one that is older. */
async function ask(name: string, routeKey: string): Promise<Answer> {
  const at = (id: string) => routeKey.replace("{id}", id);
  const sent = right[routeKey] === undefined ? {} : { json: right[routeKey] };
  switch (name) {
    case "withPayload":
      await open.call("DELETE /events/123");
      return open.call(routeKey, { json: bodyOf(name, routeKey) });
    case "page":
      return open.call(`${routeKey}?limit=1`);
    case "wrongQuery":
      return open.call(`${routeKey}?limit=1000`);
    case "changed":
      if (routeKey === "GET /events/{id}")
        await open.call("PATCH /events/123", { json: bodyOf(name, "PATCH /events/{id}") });
      return open.call(at("123"), routeKey === "GET /events/{id}" ? {} : { json: bodyOf(name, routeKey) });
    case "mistakes":
      return open.call(at("123"), { json: { title: "", capacity: 0 } });
    case "tooManyBytes":
      return open.call(at("123"), { json: { contentType: "image/png", contentLength: 5_242_881 } });
    case "malformedHeader":
      return open.call(at("123"), { headers: { "if-match": "1" } });
    case "outdated":
      return open.call(at("123"), { ...sent, headers: { "if-match": '"an-old-one"' } });
    case "unknown":
      return open.call(at("unknown"), sent);
    case "withoutToken":
      return guarded.call(at("123"), sent);
    case "anothers":
      return guarded.somebodyElse.call(at("123"), sent);
    default:
      return open.call(at("123"), { json: bodyOf(name, routeKey) });
  }
}

function bodyOf(name: string, routeKey: string): unknown {
  const body = bodies.find((each) => each.name === name && each.routeKey === routeKey);
  if (!body)
    throw new Error(
      `No example ${name} of a body for ${routeKey} in functions/openapi.yaml: add it, or say in this test how to ask for it.`,
    );
  return body.value;
}

async function putEvent(call: Call): Promise<void> {
  await call("DELETE /events/123");
  await call("POST /events", { json: { id: "122", title: "An older one" } });
  await call("POST /events", { json: event });
}

/** What the API makes anew for each answer. */
const made = new Set(["createdAt", "updatedAt", "requestId", "next", "url", "expiresAt"]);

function withoutWhatIsMade(example: unknown): unknown {
  return JSON.parse(JSON.stringify(example), (key, value: unknown) =>
    made.has(key) || (key === "id" && value !== "123") ? (expect.stringMatching(/./) as unknown) : value,
  ) as unknown;
}

describe("an example in functions/openapi.yaml is what the API answers:", () => {
  test.each(answers)("$name of $routeKey, $status", async ({ name, routeKey, status, contentType, value }) => {
    await putEvent(open.call);
    await putEvent(guarded.somebody.call);
    const answer = await ask(name, routeKey);
    expect([answer.status, answer.headers["content-type"]]).toEqual([status, contentType]);
    expect(answer.body).toEqual(withoutWhatIsMade(value));
  });

  test("and each example of a body has an answer", () => {
    const unanswered = bodies.filter(
      ({ name, routeKey }) => !answers.some((answer) => answer.name === name && answer.routeKey === routeKey),
    );
    expect(unanswered).toEqual([]);
  });
});
