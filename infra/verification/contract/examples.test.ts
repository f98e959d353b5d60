import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startApi, startApiWithTokens, type Answer } from "../../testing/api.ts";
import { operations } from "../../testing/contract.ts";

const open = await startApi();
const guarded = await startApiWithTokens();

/** Each example answer in functions/openapi.yaml once, with the routes that share it, and the example bodies by route and name. */
const shown = operations.flatMap(({ routeKey, operation }) =>
  Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).flatMap(([contentType, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value }]) => ({
        routeKey,
        key: JSON.stringify([name, status, contentType, value]),
        example: { name, status: Number(status), contentType, value },
      })),
    ),
  ),
);
const answers = shown
  .filter(({ key }, n) => shown.findIndex((each) => each.key === key) === n)
  .map(({ key, example }) => ({
    ...example,
    routes: shown.filter((each) => each.key === key).map(({ routeKey }) => routeKey),
  }));
const bodies = operations.flatMap(({ routeKey, operation }) =>
  Object.values(operation.requestBody?.content ?? {}).flatMap(({ examples = {} }) =>
    Object.entries(examples).map(([name, { value }]) => ({ name, routeKey, value })),
  ),
);

/** The event id in functions/openapi.yaml. */
const shownId = "123";
const event = { id: shownId, type: "test_event", payload: { key: "value" } };

/** Asks a route for the answer in an example. The event `id` exists and was created after another. */
async function ask(name: string, routeKey: string, id: string): Promise<Answer> {
  const at = (other = id) => routeKey.replace("{id}", other);
  const ofRoute = bodies.filter((body) => body.routeKey === routeKey);
  const own = ofRoute.find((body) => body.name === name);
  const json = (body = own ?? ofRoute[0]) => (body ? { json: withId(body.value, id) } : {});
  switch (name) {
    case "withPayload":
      return open.call(routeKey, json());
    case "page":
      return open.call(`${routeKey}?limit=1`);
    case "wrongQuery":
      return open.call(`${routeKey}?limit=1000`);
    case "changed":
      if (routeKey.startsWith("GET "))
        await open.call(`PATCH /events/${id}`, { json: { title: "Workshop", type: null } });
      return open.call(at(), json());
    case "mistakes":
      return open.call(at(), { json: { title: "", capacity: 0 } });
    case "tooManyBytes":
      return open.call(at(), { json: { contentType: "image/png", contentLength: 5_242_881 } });
    case "malformedHeader":
      return open.call(at(), { headers: { "if-match": "1" } });
    case "outdated":
      return open.call(at(), { ...json(), headers: { "if-match": '"an-old-one"' } });
    case "unknown":
      return open.call(at("unknown"), json());
    case "withoutToken":
      return guarded.call(at(), json());
    case "otherOrganizer":
      return guarded.bob.call(at(), json());
    default:
      return open.call(at(), json());
  }
}

function withId(example: unknown, id: string): unknown {
  return JSON.parse(JSON.stringify(example), (_key, value: unknown) => (value === shownId ? id : value)) as unknown;
}

/** The values that differ in each answer. */
const made = new Set(["createdAt", "updatedAt", "requestId", "next", "url", "expiresAt"]);

function withoutWhatIsMade(example: unknown, id: string): unknown {
  return JSON.parse(JSON.stringify(withId(example, id)), (key, value: unknown) =>
    made.has(key) || (key === "id" && value !== id) ? (expect.stringMatching(/./) as unknown) : value,
  ) as unknown;
}

describe("an example in functions/openapi.yaml is the API's answer at one of the routes that share it:", () => {
  test.each(answers)("$name, $status of $routes", async ({ name, routes, status, contentType, value }) => {
    const advice = `functions/openapi.yaml: change the example ${name} of ${routes.join(", ")}, or add a request for it to infra/verification/contract/examples.test.ts`;
    for (const [index, routeKey] of routes.entries()) {
      const id = randomUUID();
      await open.call("POST /events", { json: { id: randomUUID(), title: "An older one" } });
      if (name !== "withPayload")
        for (const { call } of [open, guarded.alice]) await call("POST /events", { json: { ...event, id } });
      const answer = await ask(name, routeKey, id);
      const received = { status: answer.status, contentType: answer.headers["content-type"], body: answer.body };
      const expected = { status, contentType, body: withoutWhatIsMade(value, id) };
      try {
        expect(received, advice).toEqual(expected);
        return;
      } catch (error) {
        if (index === routes.length - 1) throw error;
      }
    }
  });

  test("and each example body has an answer", () => {
    const unanswered = bodies
      .filter(
        ({ name, routeKey }) => !answers.some((answer) => answer.name === name && answer.routes.includes(routeKey)),
      )
      .map(
        ({ name, routeKey }) =>
          `functions/openapi.yaml: give ${routeKey} an answer for its example ${name}, under that name.`,
      );
    expect(unanswered).toEqual([]);
  });
});
