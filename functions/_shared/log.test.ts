import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeJpeg, startLocalApi, target, upload, type Answer, type UploadUrl } from "../../infra/testing/api.ts";

const { call, database } = await startLocalApi();
const images = await startLocalApi();

interface Line {
  level: string;
  message: Record<string, unknown>;
}

/** Everything that was printed, and the objects in it. */
const printed: unknown[] = [];
const lines: Line[] = [];

beforeEach(({ skip }) => {
  skip(target === "deployed", "a deployed function logs to CloudWatch");
  printed.length = 0;
  lines.length = 0;
  for (const level of ["info", "log", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((...texts: unknown[]) => {
      printed.push(...texts);
      for (const text of texts.filter((each) => typeof each === "object" && !(each instanceof Error)))
        lines.push({ level: level.toUpperCase(), message: text as Line["message"] });
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The single line about a request. */
function lineOf({ headers }: Answer): Line {
  const found = lines.filter(({ message }) => message["requestId"] === headers["apigw-requestid"]);
  expect(found).toHaveLength(1);
  return found[0] ?? { level: "", message: {} };
}

const duration_ms = expect.any(Number) as number;

describe("a request is logged as one line", () => {
  test("with the id of a created event", async () => {
    const answer = await call("POST /events", { json: { title: "x" } });
    expect(lineOf(answer)).toMatchObject({
      level: "INFO",
      message: {
        requestId: answer.headers["apigw-requestid"],
        route: "POST /events",
        status: 201,
        duration_ms,
        eventId: (answer.body as { id: string }).id,
      },
    });
  });

  test("with the id from the path and the kind of problem", async () => {
    const id = randomUUID();
    const answer = await call(`DELETE /events/${id}`);
    expect(lineOf(answer)).toMatchObject({
      level: "INFO",
      message: { route: "DELETE /events/{id}", status: 404, duration_ms, eventId: id, problem: "not-found" },
    });
  });

  test("as an error with its cause, when it gets a 503", async () => {
    const id = randomUUID();
    database.setFault(id, ({ response }) => {
      response
        .writeHead(400)
        .end('{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"canary"}');
    });
    expect(lineOf(await call(`GET /events/${id}`))).toMatchObject({
      level: "ERROR",
      message: {
        route: "GET /events/{id}",
        status: 503,
        eventId: id,
        problem: "unavailable",
        cause: "ThrottlingException",
      },
    });
  });

  test("as an error, when it is a bug", async () => {
    const id = randomUUID();
    database.setFault(id, ({ response }) => {
      response
        .writeHead(400)
        .end('{"__type":"com.amazon.coral.validate#ValidationException","message":"no such index"}');
    });
    expect(lineOf(await call(`GET /events/${id}`))).toMatchObject({
      level: "ERROR",
      message: { status: 500, eventId: id, problem: "bug", cause: "ValidationException" },
    });
  });
});

describe("an upload is logged as one line", () => {
  const jpeg = makeJpeg({ size_bytes: 5000 });
  const send = async (bytes: Uint8Array): Promise<string> => {
    const { body } = await images.call("POST /events", { json: { title: "x" } });
    const { id } = body as { id: string };
    const answer = await images.call(`POST /events/${id}/upload-url`, {
      json: { contentType: "image/jpeg", contentLength: bytes.length },
    });
    await upload(answer.body as UploadUrl, bytes);
    await images.settled();
    return id;
  };
  const linesOf = (id: string) => lines.filter(({ message }) => message["eventId"] === id && "upload" in message);

  test.each([
    ["image", jpeg],
    ["no image", Buffer.from("canary")],
  ])("with its outcome: %s", async (outcome, bytes) => {
    const id = await send(bytes);
    await images.settled();
    expect(linesOf(id)).toMatchObject([{ level: "INFO", message: { outcome } }]);
  });

  const eventFor = (id: string) => ({ Records: [{ s3: { object: { key: `incoming/${id}/x/1` } } }] });

  test("with the outcome that its event is gone", async () => {
    const id = randomUUID();
    await images.invokeLabelImage(eventFor(id));
    expect(linesOf(id)).toMatchObject([{ level: "INFO", message: { upload: "1", outcome: "no event" } }]);
  });

  test("as an error with its cause, when the database failed", async () => {
    const id = randomUUID();
    images.database.setFault(id, ({ response }) => {
      response.writeHead(500).end('{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}');
    });
    await expect(images.invokeLabelImage(eventFor(id))).rejects.toThrow("The database did not respond as expected.");
    expect(linesOf(id)).toMatchObject([
      { level: "ERROR", message: { upload: "1", problem: "failed", cause: "InternalServerError" } },
    ]);
  });

  test("as an error with its cause, for each of Lambda's three attempts", async () => {
    images.rekognition.failNext(...Array<"internal error">(6).fill("internal error")); // three calls with two attempts each
    const id = await send(jpeg);
    const line = { level: "ERROR", message: { problem: "failed", cause: "InternalServerError" } };
    await images.settled();
    expect(linesOf(id)).toMatchObject([line, line, line]);
  });
});

test("nothing from a request gets into the log, whatever its outcome", async () => {
  const canary = `canary${randomUUID()}`;
  const [id, lost, mistaken] = [randomUUID(), randomUUID(), randomUUID()];
  const event = {
    title: canary,
    description: canary,
    location: canary,
    organizer: canary,
    type: canary,
    payload: { [canary]: canary },
  };
  database.setFault(lost, ({ response }) => response.destroy());
  database.setFault(mistaken, ({ response }) => {
    response.writeHead(400).end('{"__type":"com.amazon.coral.validate#ValidationException","message":"no such index"}');
  });
  const answers = await Promise.all([
    call("POST /events", {
      json: { id, ...event },
      headers: { "x-canary": canary, authorization: canary, cookie: canary },
    }),
    call("POST /events", { json: { id: lost, ...event } }),
    call("POST /events", { json: { id: `${canary} is no id`, ...event } }),
    call("POST /events", { text: `{"${canary}`, headers: { "content-type": "application/json" } }),
    call("POST /events", { text: canary, headers: { "content-type": canary } }),
    call(`PATCH /events/${mistaken}`, { json: event, headers: { "if-match": `"${canary}"` } }),
    call(`GET /events?organizer=${canary}&type=${canary}`),
    call(`GET /events?${canary}=${canary}`),
    call(`GET /events/${canary}%20is%20no%20id`),
    call(`GET /events/${canary}/nowhere?${canary}`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([201, 503, 400, 400, 415, 500, 200, 400, 404, 404]);

  for (const answer of answers.slice(0, -1)) lineOf(answer);
  expect(textOf(printed)).not.toContain(canary);
});

/** Everything as Lambda would write it, including the fields of errors. */
function textOf(things: unknown[]): string {
  return JSON.stringify(things, (_key, value: unknown) =>
    value instanceof Error ? Object.assign({ message: value.message, stack: value.stack }, value) : value,
  );
}
