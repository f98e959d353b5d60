import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { serve } from "../../testing/serve.ts";

/** A function in Lambda. */
interface FakeFunction {
  /** The memory of its versions, from version 1; they differ in nothing else. */
  versions: number[];
  /** The memory of $LATEST. */
  latest: number;
  alias: { version: string; weights: Record<string, number>; revision: number };
}

export interface Invoked {
  /** With version or alias after a colon. */
  target: string;
  event: Record<string, unknown>;
}

interface FakeAlarm {
  AlarmName: string;
  StateValue: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  StateReason?: string;
}

/** Stands in for Lambda and CloudWatch, as far as a release calls them; lists have one entry per page. */
interface FakeAws {
  url: string;
  functions: Map<string, FakeFunction>;
  alarms: FakeAlarm[];
  /** The new state of an alias after each change, as in "get-event 1", "get-event 1, 2: 10 %". */
  moves: string[];
  invoked: Invoked[];
  /** What an invoked function does; if it throws, the function has failed. */
  answer: (invoked: Invoked) => Promise<unknown>;
  /**
   * The fault of a call such as "UpdateAlias get-event", "Invoke get-event" or "DescribeAlarms": AWS's error, a
   * connection that is reset before anything is done, or one that is reset instead of the answer.
   */
  fault: (call: string) => AwsError | "reset" | "lost answer" | undefined;
}

interface AwsError {
  status: number;
  type: string;
  message: string;
}

/** Starts one that stops when the test file is done. */
export async function startAws(answer: FakeAws["answer"]): Promise<FakeAws> {
  const aws: FakeAws = {
    url: "",
    functions: new Map(),
    alarms: [],
    moves: [],
    invoked: [],
    answer,
    fault: () => undefined,
  };
  aws.url = await serve((request, response) => void respond(aws, request, response));
  return aws;
}

async function respond(aws: FakeAws, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const input = (body === "" ? {} : JSON.parse(body)) as Record<string, unknown>;
  const url = new URL(request.url ?? "", aws.url);
  const [, name = "", path = ""] =
    /^\/2015-03-31\/functions\/([^/]+)\/(versions|aliases\/live|invocations)$/.exec(url.pathname) ?? [];
  const isAboutAlarms = request.headersDistinct["x-amz-target"]?.[0]?.endsWith(".DescribeAlarms");
  const operation = isAboutAlarms ? "DescribeAlarms" : operations[`${request.method ?? ""} ${path}`];
  const fault = aws.fault(`${operation ?? ""} ${name}`.trim());
  if (fault === "lost answer") Object.assign(response, { writeHead: () => response.destroy() });
  else if (fault !== undefined) {
    if (fault === "reset") response.destroy();
    else fail(response, fault);
    return;
  }
  const itsFunction = aws.functions.get(name);
  if (operation === "DescribeAlarms") {
    const found = aws.alarms.filter(({ AlarmName }) => AlarmName.startsWith(String(input["AlarmNamePrefix"])));
    send(response, pageOf(found, "MetricAlarms", "NextToken", input["NextToken"]));
  } else if (!itsFunction)
    fail(response, { status: 404, type: "ResourceNotFoundException", message: `Function not found: ${name}` });
  else if (operation === "Invoke")
    await invoke(aws, response, { target: `${name}:${url.searchParams.get("Qualifier") ?? ""}`, event: input });
  else if (operation === "ListVersionsByFunction")
    send(response, pageOf(versionsOf(itsFunction), "Versions", "NextMarker", url.searchParams.get("Marker")));
  else if (operation === "UpdateAlias") updateAlias(aws, response, name, itsFunction, input);
  else send(response, aliasOf(itsFunction));
}

const operations: Record<string, string> = {
  "POST invocations": "Invoke",
  "GET versions": "ListVersionsByFunction",
  "GET aliases/live": "GetAlias",
  "PUT aliases/live": "UpdateAlias",
};

/** A page of one entry, the one at the mark. */
function pageOf(all: object[], name: string, nextName: string, mark: unknown) {
  const next = Number(mark ?? 0) + 1;
  return { [name]: all.slice(next - 1, next), ...(next < all.length && { [nextName]: String(next) }) };
}

async function invoke(aws: FakeAws, response: ServerResponse, invoked: Invoked): Promise<void> {
  aws.invoked.push(invoked);
  try {
    send(response, await aws.answer(invoked));
  } catch (error) {
    response
      .writeHead(200, { "x-amz-function-error": "Unhandled" })
      .end(JSON.stringify({ errorMessage: String(error) }));
  }
}

function versionsOf({ versions, latest }: FakeFunction) {
  const published = versions.map((memory, before) => ({ Version: String(before + 1), MemorySize: memory }));
  return [{ Version: "$LATEST", MemorySize: latest }, ...published];
}

function updateAlias(
  aws: FakeAws,
  response: ServerResponse,
  name: string,
  itsFunction: FakeFunction,
  input: Record<string, unknown>,
): void {
  const { alias } = itsFunction;
  if (input["RevisionId"] !== undefined && input["RevisionId"] !== String(alias.revision)) {
    fail(response, { status: 412, type: "PreconditionFailedException", message: "The RevisionId does not match." });
    return;
  }
  const { AdditionalVersionWeights: weights } = input["RoutingConfig"] as {
    AdditionalVersionWeights: Record<string, number>;
  };
  moveAlias(aws, name, String(input["FunctionVersion"]), weights);
  send(response, aliasOf(itsFunction));
}

/** Moves an alias as a caller does that has just read it. */
export function moveAlias(
  { functions, moves }: FakeAws,
  name: string,
  version: string,
  weights: Record<string, number>,
): void {
  const { alias } = functions.get(name) ?? {};
  if (!alias) throw new Error(`There is no ${name}.`);
  Object.assign(alias, { version, weights, revision: alias.revision + 1 });
  moves.push(
    [`${name} ${version}`, ...Object.entries(weights).map(([trial, weight]) => `${trial}: ${weight * 100} %`)].join(
      ", ",
    ),
  );
}

function aliasOf({ alias: { version, weights, revision } }: FakeFunction) {
  return {
    Name: "live",
    FunctionVersion: version,
    RevisionId: String(revision),
    ...(Object.keys(weights).length > 0 && { RoutingConfig: { AdditionalVersionWeights: weights } }),
  };
}

function send(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, { status, type, message }: AwsError): void {
  response
    .writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type })
    .end(JSON.stringify({ message }));
}
