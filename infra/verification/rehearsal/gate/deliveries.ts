import { deadLetterOf, recordOf, type DeadLetter, type ObjectEvent } from "../../../local/bucket/image-events.ts";
import { lambdaOperation } from "./actions/lambda.ts";
import { s3Place } from "./actions/s3.ts";
import { matchesPattern } from "./conditions.ts";
import { ownJsonRequest, ownRequest, type Forward } from "./forward.ts";
import type { ServiceCall } from "./function-policy.ts";
import type { Decision } from "./iam.ts";
import type { Permissions } from "./permissions.ts";
import type { Repairs } from "./repairs/repairs.ts";
import type { Invoke } from "./repairs/lambda.ts";
import { jsonOf, refusal, textOf, type ServiceAnswer, type ServiceRequest } from "./service-request.ts";
import { elementOf, elementsOf } from "./xml.ts";

export interface Deliveries {
  /** AWS's answer to who asks for a notification or a destination that would never arrive; undefined where it takes it. */
  refusalOf: (request: ServiceRequest) => Promise<ServiceAnswer | undefined>;
  /** Calls the functions that the bucket's notification names for the object that this request has made, without waiting for them. */
  raise: (request: ServiceRequest) => void;
  /** Removes an object as the bucket's lifecycle does when its days are over, and calls the functions that the notification names for that. Throws where no rule would. */
  expire: (object: ObjectPlace) => Promise<void>;
  /** Waits until none of them is running or still to be repeated. */
  settled: () => Promise<void>;
  /** One sentence for each event, and for each failure, that could not be delivered: in AWS nobody would hear of it. */
  lost: string[];
}

interface ObjectPlace {
  region: string;
  bucket: string;
  key: string;
}

interface Surroundings extends Pick<Repairs, "notificationOf" | "invokeConfigOf"> {
  forward: Forward;
  permissions: Permissions;
  mayInvoke: (call: ServiceCall) => Promise<Decision>;
  /** What runs functions now. */
  invoke: () => Invoke | undefined;
}

/**
 * Delivers what S3 tells of new objects, as S3 and Lambda do by what is deployed: the bucket's notification, the function's
 * policy, its alias's retries and its destination for failures. Only the waiting between retries is left out.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function makeDeliveries(surroundings: Surroundings): Deliveries {
  const { notificationOf, mayInvoke } = surroundings;
  const running = new Set<Promise<void>>();
  const lost: string[] = [];
  const deliver = async ({ region, bucket, key }: ObjectPlace, event: ObjectEvent["eventName"]) => {
    const targets = targetsIn(notificationOf(bucket) ?? "").filter(
      ({ events, prefix, suffix }) =>
        events.some((pattern) => matchesPattern(`s3:${event}`, pattern)) &&
        key.startsWith(prefix) &&
        key.endsWith(suffix),
    );
    for (const { functionArn } of targets) {
      const created = event === "LifecycleExpiration:Delete" ? {} : await look({ region, bucket, key });
      const complaint = await call(
        functionArn,
        bucket,
        recordOf({ eventName: event, key, ...created }, { region, bucket }),
      );
      if (complaint !== undefined) lost.push(complaint);
    }
  };
  const inBackground = (delivery: Promise<void>) => {
    const ended = delivery
      .catch((error: unknown) => {
        lost.push(String(error));
      })
      .finally(() => running.delete(ended));
    running.add(ended);
  };
  const call = async (functionArn: string, bucket: string, record: DeadLetter["requestPayload"]["Records"][number]) => {
    const { isAllowed, reason } = await mayInvoke({
      service: "s3.amazonaws.com",
      ...aliasIn(functionArn),
      sourceArn: `arn:aws:s3:::${bucket}`,
    });
    if (!isAllowed) return `S3 may not invoke ${functionArn} for ${bucket}: ${reason}.`;
    return invokeAsynchronously(functionArn, { Records: [record] }, surroundings);
  };
  const look = async ({ region, bucket, key }: ObjectPlace) => {
    const { headers } = await surroundings.forward(ownRequest("s3", region, "HEAD", pathOf(bucket, key)));
    const made = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    return { size: Number(made.get("content-length")), eTag: made.get("etag")?.replaceAll('"', "") ?? "" };
  };
  return {
    lost,
    refusalOf: (request) => refusalOf(request, surroundings),
    raise(request) {
      const { bucket, key } = s3Place(request);
      const event = eventOf(request);
      if (bucket !== undefined && key !== undefined && event)
        inBackground(deliver({ region: request.region, bucket, key }, event));
    },
    async expire(object) {
      const { region, bucket, key } = object;
      const { body } = await surroundings.forward(ownRequest("s3", region, "GET", `/${bucket}?lifecycle`));
      if (!expiringPrefixes(body.toString()).some((prefix) => key.startsWith(prefix)))
        throw new Error(`No rule of ${bucket}'s lifecycle lets ${key} expire.`);
      await surroundings.forward(ownRequest("s3", region, "DELETE", pathOf(bucket, key)));
      inBackground(deliver(object, "LifecycleExpiration:Delete"));
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

interface Alias {
  region: string;
  functionName: string;
  alias: string;
}

interface Target {
  functionArn: string;
  events: string[];
  prefix: string;
  suffix: string;
}

/** S3 still calls a function a CloudFunction, which was its name for it in 2014. */
function targetsIn(notification: string): Target[] {
  return elementsOf(notification, "CloudFunctionConfiguration").map((configuration) => {
    const rules = elementsOf(configuration, "FilterRule").map(
      (rule) => [elementOf(rule, "Name")?.toLowerCase(), elementOf(rule, "Value") ?? ""] as const,
    );
    const { prefix = "", suffix = "" } = Object.fromEntries(rules) as { prefix?: string; suffix?: string };
    return {
      functionArn: elementOf(configuration, "CloudFunction") ?? "",
      events: elementsOf(configuration, "Event"),
      prefix,
      suffix,
    };
  });
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html */
function expiringPrefixes(lifecycle: string): string[] {
  return elementsOf(lifecycle, "Rule")
    .filter((rule) => rule.includes("<Expiration>") && rule.includes("<Status>Enabled</Status>"))
    .map((rule) => elementOf(rule, "Prefix") ?? "");
}

/** Undefined for what makes no object: a read, a tag, a part of an upload. */
function eventOf({ method, query, headers }: ServiceRequest): ObjectEvent["eventName"] | undefined {
  if (method !== "PUT" || ["acl", "partNumber", "tagging"].some((name) => query.has(name))) return undefined;
  return headers["x-amz-copy-source"] ? "ObjectCreated:Copy" : "ObjectCreated:Put";
}

function aliasIn(functionArn: string): Alias {
  const [, region = "", functionName = "", alias = "$LATEST"] =
    /^arn:aws:lambda:([^:]+):\d+:function:([^:]+)(?::([^:]+))?$/.exec(functionArn) ?? [];
  return { region, functionName, alias };
}

/** Gives the sentence that says what was lost, where something was. */
async function invokeAsynchronously(
  functionArn: string,
  event: DeadLetter["requestPayload"],
  surroundings: Surroundings,
): Promise<string | undefined> {
  const alias = aliasIn(functionArn);
  const { functionName, alias: qualifier } = alias;
  const invoke = surroundings.invoke();
  if (!invoke) return `Nothing runs ${functionName} for a new object: give the gate an invoke handler.`;
  const { retries, destination } = invokeConfiguration(surroundings.invokeConfigOf(functionName, qualifier));
  let failure: Buffer | undefined;
  for (let attempt = 0; attempt <= retries; attempt++) {
    const { payload, isError } = await invoke({ functionName, qualifier, payload: Buffer.from(JSON.stringify(event)) });
    if (!isError) return undefined;
    failure = payload;
  }
  if (destination === undefined || !failure) return `${functionName} failed, and nobody is told: ${String(failure)}`;
  const { errorMessage, errorType } = jsonOf({ body: failure });
  const error = Object.assign(new Error(textOf(errorMessage)), { name: textOf(errorType) });
  const letter = deadLetterOf(event, error, { functionArn, attempts: retries + 1 });
  return sendTo(destination, letter, alias, surroundings);
}

function invokeConfiguration(configuration: Record<string, unknown> = {}): {
  retries: number;
  destination: string | undefined;
} {
  const { MaximumRetryAttempts: retries = 2, DestinationConfig } = configuration as {
    MaximumRetryAttempts?: number;
    DestinationConfig?: { OnFailure?: { Destination?: string } };
  };
  return { retries, destination: DestinationConfig?.OnFailure?.Destination };
}

/** Lambda sends it as the function's role. */
async function sendTo(
  queueArn: string,
  letter: DeadLetter,
  alias: Alias,
  surroundings: Surroundings,
): Promise<string | undefined> {
  const QueueUrl = `https://sqs/${queueArn.split(":").slice(-2).join("/")}`;
  const request = ownJsonRequest("sqs", alias.region, "AmazonSQS.SendMessage", {
    QueueUrl,
    MessageBody: JSON.stringify(letter),
  });
  const denial = await whyNoMessage(queueArn, alias, surroundings);
  if (denial !== undefined) return denial;
  const { status, body } = await surroundings.forward(request);
  return status === 200 ? undefined : `${queueArn} took no failure of ${alias.functionName}: ${body.toString()}`;
}

async function whyNoMessage(
  queueArn: string,
  { region, functionName, alias }: Alias,
  { forward, permissions }: Surroundings,
): Promise<string | undefined> {
  const configuration = await forward(
    ownRequest("lambda", region, "GET", `/2015-03-31/functions/${functionName}/configuration?Qualifier=${alias}`),
  );
  const arn = textOf(jsonOf(configuration)["Role"]);
  const role = arn.split("/").at(-1) ?? "";
  const request = ownRequest("sqs", region, "POST", "/");
  const denial = await permissions.firstDenial(request, { name: role, arn, role }, [
    { action: "sqs:SendMessage", resource: queueArn },
  ]);
  return denial && `${denial.principal} may not ${denial.action} on ${denial.resource}: ${denial.reason}.`;
}

async function refusalOf(request: ServiceRequest, surroundings: Surroundings): Promise<ServiceAnswer | undefined> {
  const { bucket = "", key } = s3Place(request);
  if (request.service === "s3" && request.method === "PUT" && key === undefined && request.query.has("notification")) {
    for (const { functionArn } of targetsIn(request.body.toString())) {
      const { isAllowed } = await surroundings.mayInvoke({
        service: "s3.amazonaws.com",
        ...aliasIn(functionArn),
        sourceArn: `arn:aws:s3:::${bucket}`,
      });
      if (!isAllowed)
        return refusal(
          request,
          400,
          "InvalidArgument",
          `Unable to validate the following destination configurations: ${functionArn}`,
        );
    }
  }
  const operation = request.service === "lambda" ? lambdaOperation(request) : undefined;
  if (operation?.action === "PutFunctionEventInvokeConfig") {
    const { destination } = invokeConfiguration(jsonOf(request));
    const { functionName, qualifier = "$LATEST" } = operation;
    const denial =
      destination &&
      (await whyNoMessage(destination, { region: request.region, functionName, alias: qualifier }, surroundings));
    if (denial)
      return refusal(
        request,
        400,
        "InvalidParameterValueException",
        `The function's execution role does not have permissions to call SendMessage on ${destination}: ${denial}`,
      );
  }
  return undefined;
}
