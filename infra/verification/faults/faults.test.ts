import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, test, vi } from "vitest";
import { needs, speedUpTimers } from "../../testing/api.ts";
import type { Call } from "../../testing/call.ts";
import { makeJpeg, makePng } from "../../local/bucket/sample-images.ts";
import { upload, type UploadUrl } from "../../testing/upload.ts";
import { keysOf, startFaultyStack, type Injection, type Machine, type Prepared, type Stack } from "./_tests/stack.ts";

// Fault injection as databases do it for disks: every write operation runs once for each of its calls and
// each way in which that call can fail, alone and with another operation in between. Whatever the answer,
// the operation must be done completely or not at all, and the answers and the final state must be those
// of the same operations in sequence.

/** An operation and its answer; "failed" if Lambda would retry. */
interface Operation {
  (machine: Machine, stack: Stack, event: Prepared): Promise<number | "failed">;
  /** Whether Lambda is the caller, which retries after a failure. */
  isLambda?: boolean;
}

/** The state as a caller sees it, without times and ETags. */
interface State {
  event: object | undefined;
  /** The image's bytes. */
  image: string | undefined;
}

const [jpeg, png, html] = [
  makeJpeg({ size_bytes: 3000 }),
  makePng({ size_bytes: 4000 }),
  Buffer.from("<!doctype html>"),
];

const statusOf = async (call: Call, ...request: Parameters<Call>) => (await call(...request)).status;
const create =
  (title: string): Operation =>
  ({ call }, _stack, { id }) =>
    statusOf(call, "POST /events", { json: { id, title } });
const update: Operation = ({ call }, _stack, { id }) =>
  statusOf(call, `PATCH /events/${id}`, { json: { title: "changed" } });
const remove: Operation = ({ call }, _stack, { id }) => statusOf(call, `DELETE /events/${id}`);
const askForUpload: Operation = async ({ call }, _stack, { id }) =>
  statusOf(call, `POST /events/${id}/upload-url`, { json: { contentType: "image/jpeg", contentLength: 1 } });

/** With the ETag that the event had at the start of the run. */
const ifUnchanged =
  (method: string, json?: object): Operation =>
  ({ call }, _stack, { id, etag }) =>
    statusOf(call, `${method} /events/${id}`, { ...(json && { json }), headers: { "if-match": etag } });

/** Uploads an image and waits until it is processed. */
const uploadAll =
  (bytes: Buffer, contentType = "image/jpeg"): Operation =>
  async ({ call }, { settled }, { id }) => {
    const { status, body } = await call(`POST /events/${id}/upload-url`, {
      json: { contentType, contentLength: bytes.length },
    });
    if (status !== 201) return status;
    const answer = await upload(body as UploadUrl, bytes);
    await settled();
    return answer.status;
  };

/** Uploads without a notification. */
const arrive =
  (bytes: Buffer, contentType = "image/jpeg"): Operation =>
  async ({ call }, { images: { objects } }, { id, arrived }) => {
    const { status, body } = await call(`POST /events/${id}/upload-url`, {
      json: { contentType, contentLength: bytes.length },
    });
    const key = new URL((body as UploadUrl).url).pathname.replace("/images/", "");
    arrived.push(key);
    objects.set(key, { bytes, metadata: { "content-type": contentType }, lastModified: new Date() });
    return status;
  };

/** Notifies label-image of the first upload, or a later one. */
const label = (n = 0): Operation => {
  const operation: Operation = ({ invoke }, _stack, { arrived }) => {
    const event = { Records: [{ s3: { object: { key: arrived[n] ?? "" } } }] };
    return invoke("label-image", event).then(
      () => 200,
      () => "failed" as const,
    );
  };
  return Object.assign(operation, { isLambda: true });
};

interface Scenario {
  what: string;
  given: Operation[];
  operation: Operation;
  /** What comes in between: one of these sequences. */
  between: Record<string, Operation[]>;
}

const withImage = [create("x"), uploadAll(jpeg)];
const recreate = [remove, create("again")];

const scenarios: Scenario[] = [
  {
    what: "a create",
    given: [],
    operation: create("x"),
    between: {
      "the same": [create("x")],
      "one with other content": [create("y")],
      "one that is deleted": [create("y"), remove],
    },
  },
  {
    what: "an update",
    given: withImage,
    operation: update,
    between: {
      "another update": [ifUnchanged("PATCH", { title: "other" })],
      "a delete": [remove],
      "a new event": recreate,
      "an image": [uploadAll(png, "image/png")],
    },
  },
  {
    what: "an update with If-Match",
    given: withImage,
    operation: ifUnchanged("PATCH", { title: "changed" }),
    between: { "an update": [update], "a delete": [remove], "a new event": recreate },
  },
  {
    what: "a delete without an upload URL",
    given: [create("x")],
    operation: remove,
    between: { "an update": [update], "a delete": [remove], "an image": [uploadAll(jpeg)] },
  },
  {
    what: "a delete with an image",
    given: withImage,
    operation: remove,
    between: {
      "an update": [update],
      "a delete": [remove],
      "a new event": recreate,
      "another image": [uploadAll(png, "image/png")],
      "a new event with an image": [...recreate, uploadAll(png, "image/png")],
    },
  },
  {
    what: "a delete with If-Match",
    given: withImage,
    operation: ifUnchanged("DELETE"),
    between: {
      "an update": [update],
      "a delete": [remove],
      "a new event with an image": [...recreate, uploadAll(png, "image/png")],
      "another image": [uploadAll(png, "image/png")],
    },
  },
  {
    what: "a delete with pending and rejected uploads",
    given: [create("x"), uploadAll(html), arrive(jpeg)],
    operation: remove,
    between: { "labels for a pending upload": [label()] },
  },
  {
    what: "an upload URL",
    given: [create("x")],
    operation: askForUpload,
    between: { "another one": [askForUpload], "a delete": [remove] },
  },
  {
    what: "a first image",
    given: [create("x"), arrive(jpeg)],
    operation: label(),
    between: {
      "the same": [label()],
      "an update": [update],
      "a delete": [remove],
      "a new event": recreate,
      "a new event with an image": [...recreate, uploadAll(png, "image/png")],
    },
  },
  {
    what: "another image",
    given: [...withImage, arrive(png, "image/png")],
    operation: label(),
    between: { "a later one": [uploadAll(jpeg)], "a delete": [remove] },
  },
  {
    what: "a file that is no image",
    given: [...withImage, arrive(html)],
    operation: label(),
    between: { "a later image": [uploadAll(png, "image/png")], "a delete": [remove] },
  },
  {
    what: "an image that arrives after a later one",
    given: [create("x"), arrive(jpeg), arrive(png, "image/png")],
    operation: label(1),
    between: { "the earlier one": [label(0)], "a delete": [remove] },
  },
];

const imageFunctions = ["create-upload-url", "get-image", "label-image"];

const endless = (["no answer", "slow body"] as const).map((fault) => ({ fault, isLasting: true }));
const alone: Omit<Injection, "call">[] = [
  ...(["hang up", "answer lost", "internal error"] as const).flatMap((fault) => [
    { fault },
    { fault, isLasting: true },
  ]),
  ...endless,
  { fault: "killed" },
];
const together: Omit<Injection, "call">[] = [{}, { fault: "answer lost" }, { fault: "killed" }];

speedUpTimers();

// Printing the functions' logs would take a tenth of the time.
for (const level of ["info", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);

const stacks: Stack[] = [];
afterAll(() => Promise.all(stacks.map((stack) => stack.stop())));

let injected = 0;
afterAll(() => {
  process.stdout.write(`infra/verification/faults: ${injected} faults were injected.\n`);
});

describe.concurrent.each(scenarios)("$what", ({ what, given, operation, between }) => {
  test("is atomic, whichever call fails in whatever way, alone and with anything in between", async () => {
    needs("update-event", "delete-event", ...imageFunctions);
    const stack = await startFaultyStack();
    stacks.push(stack);
    const copy = await prepare(stack, given);
    const complaints: string[] = [];
    for (const [name, others] of Object.entries({ nothing: [], ...between })) {
      const course: Course = {
        copy,
        operation,
        others,
        allowed: await allowedOutcomes(stack, copy, operation, others),
      };
      const { calls } = await run(stack, course, undefined);
      for (const injection of calls.flatMap((_name, call) =>
        (others.length > 0 ? together : alone).map((fault) => ({ ...fault, call })),
      )) {
        const complaint = await check(stack, course, injection);
        const { call, fault = "as ever", isLasting = false } = injection;
        if (complaint !== undefined)
          complaints.push(
            `${what}, ${name} in between, call ${call} (${calls[call] ?? ""}) ${fault}${isLasting ? " each time" : ""}: ${complaint}`,
          );
        injected += injection.fault ? 1 : 0;
      }
    }
    expect(complaints).toEqual([]);
  }, 1_800_000); // for a busy machine
});

describe.concurrent("a read", () => {
  test.each<[string, Operation]>([
    ["an event", ({ call }, _stack, { id }) => statusOf(call, `GET /events/${id}`)],
    ["an image", ({ call }, _stack, { id }) => statusOf(call, `GET /events/${id}/image`)],
    ["a list of all events", ({ call }) => statusOf(call, "GET /events")],
    ["a list by two filters", ({ call }) => statusOf(call, "GET /events?type=event&status=active")],
  ])(
    "%s: a single fault goes unnoticed, a lasting or endless one is 503",
    async (_what, operation) => {
      needs("list-events", ...imageFunctions);
      const stack = await startFaultyStack();
      stacks.push(stack);
      const course = { copy: await prepare(stack, withImage), operation, others: [] };
      const { calls, answer } = await run(stack, course, undefined);
      expect(answer).toBeLessThan(400);
      const complaints: string[] = [];
      for (const injection of calls.flatMap((_name, call) =>
        alone.filter(({ fault }) => fault !== "killed").map((fault) => ({ ...fault, call })),
      )) {
        const outcome = await run(stack, course, injection);
        const isRight =
          outcome.answer === (injection.isLasting ? 503 : answer) && (!isEndless(injection) || outcome.attempts <= 1);
        if (!isRight)
          complaints.push(
            `${JSON.stringify(injection)}: answered ${String(outcome.answer)} after ${outcome.attempts} attempts`,
          );
        injected += 1;
      }
      expect(complaints).toEqual([]);
    },
    1_800_000,
  );
});

interface Outcome {
  /** The operation's answer, undefined if unknown, and those of the operations in between. */
  answer: number | "failed" | undefined;
  otherAnswers: (number | "failed")[];
  state: State;
}

/** The outcomes of the same operations in every order, and with the first one done twice or not at all. */
interface Allowed {
  answered: Outcome[];
  notDone: Outcome;
  repeated: State[];
}

interface Course {
  /** Makes a copy of the given event. */
  copy: () => Promise<Prepared>;
  operation: Operation;
  others: Operation[];
  allowed: Allowed;
}

async function allowedOutcomes(
  stack: Stack,
  copy: Course["copy"],
  operation: Operation,
  others: Operation[],
): Promise<Allowed> {
  const perform = async (order: Operation[]): Promise<Outcome> => {
    const event = await copy();
    const outcome: Pick<Outcome, "answer" | "otherAnswers"> = { answer: undefined, otherAnswers: [] };
    for (const each of order) {
      const answer = await each(stack.healthy, stack, event);
      if (each === first) outcome.answer = answer;
      else if (each !== firstAgain) outcome.otherAnswers.push(answer);
    }
    await stack.settled();
    return { ...outcome, state: await look(stack, event.id) };
  };
  const first: Operation = (...given_) => operation(...given_);
  const firstAgain: Operation = (...given_) => operation(...given_);
  const inEachPlace = (one: Operation, list: Operation[]) =>
    Array.from({ length: list.length + 1 }, (_, at) => list.toSpliced(at, 0, one));
  const once = inEachPlace(first, others);
  const twice = once.flatMap((order) =>
    inEachPlace(firstAgain, order).filter((each) => each.indexOf(first) < each.indexOf(firstAgain)),
  );
  const answered = await Promise.all(once.map(perform));
  const repeated = [...answered, ...(await Promise.all(twice.map(perform)))].map(({ state }) => state);
  return { answered, notDone: await perform(others), repeated };
}

async function prepare(stack: Stack, given: Operation[]): Promise<Course["copy"]> {
  const event: Prepared = { id: randomUUID(), etag: '"none"', arrived: [] };
  for (const operation of given) await operation(stack.healthy, stack, event);
  await stack.settled();
  event.etag = (await stack.healthy.call(`GET /events/${event.id}`)).headers["etag"] ?? event.etag;
  return stack.copiesOf(event);
}

async function run(
  stack: Stack,
  { copy, operation, others }: Pick<Course, "copy" | "operation" | "others">,
  injection: Injection | undefined,
) {
  const { healthy, faulty } = stack;
  const event = await copy();
  const otherAnswers: Outcome["otherAnswers"] = [];
  const before = async () => {
    for (const other of others) otherAnswers.push(await other(healthy, stack, event));
  };
  const { result, calls, attempts, isKilled } = await stack.run(injection && { ...injection, before }, () =>
    operation(faulty, stack, event),
  );
  await stack.settled();
  return { event, calls, attempts, answer: isKilled ? undefined : result, otherAnswers };
}

/** A sentence if a promise is broken. */
async function check(stack: Stack, course: Course, injection: Injection): Promise<string | undefined> {
  const { healthy, images } = stack;
  const { operation, allowed } = course;
  const { event, attempts, answer, otherAnswers } = await run(stack, course, injection);
  if (attempts === 0) return undefined; // a call made only because an earlier attempt had timed out
  const kept = () => keysOf(images, event.id);
  const state = await look(stack, event.id);
  const said = `answered ${String(answer)} and [${otherAnswers.join()}], state ${JSON.stringify(state)}, bucket ${JSON.stringify(kept())}`;

  const isUnknown = answer === undefined || answer === 503 || answer === "failed";
  if (isUnknown && !injection.isLasting && injection.fault !== "killed")
    return `a single fault should go unnoticed: ${said}`;
  if (isEndless(injection) && (!isUnknown || attempts > 1))
    return `an endless call should end with the time limit, and was attempted ${attempts} times: ${said}`;
  const explains = (one: Outcome) =>
    isDeepStrictEqual([one.state, one.otherAnswers], [state, otherAnswers]) &&
    (isUnknown || isSameAnswer(one.answer, answer));
  if (!(isUnknown ? [...allowed.answered, allowed.notDone] : allowed.answered).some(explains))
    return `no order explains it: ${said}`;
  if (answer === 204 && !state.event && kept().length > 0) return `a deleted event leaves objects: ${said}`;

  // After every other kill the caller does not retry; Lambda does.
  if (isUnknown && (injection.fault !== "killed" || injection.call % 2 === 0 || operation.isLambda)) {
    const again = await operation(healthy, stack, event);
    const after = await look(stack, event.id);
    if (again === 503 || again === "failed") return `the retry answered ${again}: ${said}`;
    if (!allowed.repeated.some((one) => isDeepStrictEqual(one, after)))
      return `the retry answered ${again}, and left ${JSON.stringify(after)}: ${said}`;
    if (!after.event && again === 204 && kept().length > 0)
      return `after a retry a deleted event leaves ${JSON.stringify(kept())}: ${said}`;
  }

  images.expire(new Date(Date.now() + 25 * 3600 * 1000));
  await stack.settled();
  const { body: last } = await healthy.call(`GET /events/${event.id}`);
  const named = (last as { image?: object }).image ? 1 : 0;
  if (kept().length !== named)
    return `two days later: state ${JSON.stringify(last)}, bucket ${JSON.stringify(kept())}: ${said}`;
  for (const key of kept()) images.objects.delete(key); // or every list would scan them all
  return undefined;
}

function isEndless({ fault }: Injection): boolean {
  return endless.some((each) => each.fault === fault);
}

/** A delete that meets another in progress, or its remains, helps to finish it and also answers 204. */
function isSameAnswer(one: Outcome["answer"], other: Outcome["answer"]): boolean {
  return one === other || (one === 404 && other === 204);
}

async function look({ healthy: { call }, images: { objects } }: Stack, id: string): Promise<State> {
  const { status, body } = await call(`GET /events/${id}`);
  if (status === 404) return { event: undefined, image: undefined };
  const { title, version, image, rejectedImage } = body as {
    title: string;
    version: number;
    image?: { size: number };
    rejectedImage?: { detail: string };
  };
  const event = { title, version, size: image?.size, rejected: rejectedImage?.detail };
  if (!image) return { event, image: undefined };
  const { headers } = await call(`GET /events/${id}/image`);
  const key = new URL(headers["location"] ?? "").pathname.replace("/images/", "");
  return { event, image: objects.get(key)?.bytes.toString("base64", 0, 60) ?? "lost" };
}
