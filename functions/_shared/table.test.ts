import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { problem, readFunctions, startLocalApi, target, type Fault, type Sent } from "../../infra/testing/api.ts";

const { bucket, call, database, invokeLabelImage } = await startLocalApi();
const noFaults = "a deployed function uses the real DynamoDB, which does not fail on demand";

function refuse(status: number, name: string): Fault {
  return ({ response }) => {
    const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "canary" });
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
  };
}

function answer(status: number, body: string): Fault {
  return ({ response }) => response.writeHead(status).end(body);
}

/** How DynamoDB can fail, as seen from outside. */
const faults: [what: string, fault: Fault][] = [
  ["cuts the connection", ({ response }) => response.destroy()],
  ["fails", refuse(500, "InternalServerError")],
  ["is unavailable", answer(503, "<html>Service Unavailable</html>")],
  ["responds with HTML", answer(200, "<html></html>")],
  ["responds with half of its JSON", answer(200, '{"Item": {"id"')],
  ["refuses in HTML", answer(400, "<html>Bad Request</html>")],
  ["refuses with an empty body", answer(403, "")],
];

/** The SDK waits seconds between these attempts, so one operation stands for all. */
const throttles: [what: string, fault: Fault][] = [
  ["throttles the table", refuse(400, "ProvisionedThroughputExceededException")],
  ["throttles the account", refuse(400, "ThrottlingException")],
  ["limits the request rate", refuse(400, "RequestLimitExceeded")],
];

const unknownOutcome = (id: string) =>
  unavailable(`The event may or may not have been created: retry with the id ${id}.`);

function unavailable(advice: string) {
  return problem(503, "unavailable", "Temporarily unavailable", `The database did not respond as expected. ${advice}`);
}

beforeEach(({ skip }) => {
  skip(target === "deployed", noFaults);
});

describe("reads an event with strong consistency", () => {
  const reads: Record<string, (id: string) => Promise<unknown>> = {
    "delete-event": async (id) => {
      await call("POST /events", { json: { id, title: "x" } });
      bucket.objects.set(`deletions/${id}/earlier`, { bytes: Buffer.alloc(0), metadata: {}, lastModified: new Date() });
      await call(`DELETE /events/${id}`);
      await call(`DELETE /events/${id}`);
    },
    "get-event": (id) => call(`GET /events/${id}`),
    "get-image": (id) => call(`GET /events/${id}/image`),
    "label-image": (id) => invokeLabelImage({ Records: [{ s3: { object: { key: `incoming/${id}/x/1` } } }] }),
  };

  // Checks what is sent: the local database has no other reads.
  test.each(readFunctions().filter(({ actions }) => actions.includes("dynamodb:GetItem")))(
    "$name",
    async ({ name }) => {
      const id = randomUUID();
      const asked: unknown[] = [];
      database.setFault(id, (request) => {
        if ("ConsistentRead" in (request.input as object)) asked.push(request.input);
        void request.pass();
      });
      await reads[name]?.(id);
      expect(asked).toEqual([{ TableName: "events", Key: { id: { S: id } }, ConsistentRead: true }]);
    },
  );
});

// Before the faults below, which use up the SDK's retry quota.
describe("when DynamoDB", () => {
  test("could not store a payload anyway, it gets no request: 413", async () => {
    const id = randomUUID();
    database.setFault(id, (request) => {
      void request.pass();
    });
    const { status } = await call("POST /events", { json: { id, payload: { text: "x".repeat(409_600) } } });
    expect([status, database.attempts(id)]).toEqual([413, 0]);
  });

  test("fails twice and then works, a create still succeeds", async () => {
    const id = randomUUID();
    database.setFault(id, (request) => {
      if (request.attempt <= 2) request.response.destroy();
      else void request.pass();
    });
    const created = await call("POST /events", { json: { id, title: "x" } });
    expect([created.status, database.attempts(id)]).toEqual([201, 3]);
  });
});

describe.concurrent("when DynamoDB", () => {
  test.each([...faults, ...throttles])("%s, a create gets a 503 and writes nothing", async (_what, fault) => {
    const id = randomUUID();
    database.setFault(id, fault);
    const answer = await call("POST /events", { json: { id, payload: { text: "canary" } } });
    expect(answer).toEqual(unknownOutcome(id));
    expect(answer.headers["retry-after"]).toBe("2");
    database.clearFault(id);
    expect((await call(`GET /events/${id}`)).status).toBe(404);
  });

  test.each(faults)("%s, an update gets a 503 and changes nothing", async (_what, fault) => {
    const id = randomUUID();
    const created = await call("POST /events", { json: { id, title: "x" } });
    database.setFault(id, fault);
    const answer = await call(`PATCH /events/${id}`, { json: { title: "canary" } });
    expect(answer).toEqual(
      unavailable(
        "The event may or may not have been updated: get it and, if it was not, retry with its ETag in If-Match.",
      ),
    );
    expect(answer.headers["retry-after"]).toBe("2");
    database.clearFault(id);
    expect((await call(`GET /events/${id}`)).body).toEqual(created.body);
  });

  test.each(faults)("%s, a delete gets a 503 and deletes nothing", async (_what, fault) => {
    const id = randomUUID();
    const created = await call("POST /events", { json: { id, title: "x" } });
    database.setFault(id, fault);
    const answer = await call(`DELETE /events/${id}`);
    expect(answer).toEqual(
      unavailable(
        "The event may or may not have been deleted: retry with its ETag in If-Match; a 404 then means that it was.",
      ),
    );
    expect(answer.headers["retry-after"]).toBe("2");
    database.clearFault(id);
    expect((await call(`GET /events/${id}`)).body).toEqual(created.body);
  });

  test.each(faults)("%s, a get gets a 503", async (_what, fault) => {
    const id = randomUUID();
    await call("POST /events", { json: { id, title: "x" } });
    database.setFault(id, fault);
    const answer = await call(`GET /events/${id}`);
    expect(answer).toEqual(unavailable("Retry the request."));
    expect(answer.headers["retry-after"]).toBe("2");
    database.clearFault(id);
    expect((await call(`GET /events/${id}`)).status).toBe(200);
  });

  test.each<[string, Sent]>([
    ["GET /events/{id}/image", {}],
    ["POST /events/{id}/upload-url", { json: { contentType: "image/png", contentLength: 1000 } }],
  ])("cuts the connection, %s gets a 503", async (route, sent) => {
    const id = randomUUID();
    await call("POST /events", { json: { id, title: "x" } });
    database.setFault(id, ({ response }) => response.destroy());
    const answer = await call(route.replace("{id}", id), sent);
    expect(answer).toEqual(unavailable("Retry the request."));
    expect(answer.headers["retry-after"]).toBe("2");
  });

  test.each(faults)("%s, a list gets a 503", async (_what, fault) => {
    const organizer = randomUUID();
    database.setFault(organizer, fault);
    const answer = await call(`GET /events?organizer=${organizer}`);
    expect(answer).toEqual(unavailable("Retry the request."));
    expect(answer.headers["retry-after"]).toBe("2");
    database.clearFault(organizer);
    expect(await call(`GET /events?organizer=${organizer}`)).toEqual(
      expect.objectContaining({ status: 200, body: { events: [] } }),
    );
  });

  test("fails for one of the five statuses, a list of all events gets a 503", async () => {
    database.setFault("0#cancelled", ({ response }) => response.destroy());
    expect(await call("GET /events")).toEqual(unavailable("Retry the request."));
    database.clearFault("0#cancelled");
    expect((await call("GET /events")).status).toBe(200);
  });

  // A ConditionalCheckFailedException without an item means that nothing was created, so it must not become a 201.
  test.each([
    "ValidationException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "ConditionalCheckFailedException",
  ])("refuses with %s, which is a bug, the caller gets a plain 500", async (name) => {
    const id = randomUUID();
    database.setFault(id, refuse(400, name));
    const { status, body } = await call("POST /events", { json: { id, title: "x" } });
    expect([status, body, database.attempts(id)]).toEqual([500, { message: "Internal Server Error" }, 1]);
  });
});
