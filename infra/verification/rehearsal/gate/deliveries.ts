import { deadLetterOf, recordOf, type DeadLetter, type ObjectEvent } from "../../../local/bucket/image-events.ts";
import { lambdaOperation } from "./actions/lambda.ts";
import { pathOf, s3Place } from "./actions/s3.ts";
import { matchesPattern } from "./conditions.ts";
import { ownRequest, type Forward } from "./forward.ts";
import type { Permissions } from "./permissions.ts";
import type { InvokerOf, Repairs } from "./repairs/repairs.ts";
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
  permissions: Pick<Permissions, "firstDenial" | "mayInvoke">;
  invokerOf: InvokerOf;
}

type Event = DeadLetter["requestPayload"];

/**
 * Delivers what S3 tells of new objects, as S3 and Lambda do by what is deployed: the bucket's notification, the function's
 * policy, its alias's retries and its destination for failures. Only the waiting between retries is left out.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function makeDeliveries(surroundings: Surroundings): Deliveries {
  const { forward, permissions, invokerOf, notificationOf, invokeConfigOf } = surroundings;
  const running = new Set<Promise<void>>();
  const lost: string[] = [];

  const decide = (functionArn: string, bucket: string) =>
    permissions.mayInvoke({
      service: "s3.amazonaws.com",
      ...aliasIn(functionArn),
      sourceArn: `arn:aws:s3:::${bucket}`,
    });

  /** Gives the sentence that says what was lost, where something was. */
  const invoke = async (functionArn: string, bucket: string, event: Event): Promise<string | undefined> => {
    const { isAllowed, reason } = await decide(functionArn, bucket);
    if (!isAllowed) return `S3 may not invoke ${functionArn} for ${bucket}: ${reason}.`;
    const alias = aliasIn(functionArn);
    const { functionName, alias: qualifier } = alias;
    const invoker = invokerOf(functionName);
    if (!invoker) return `Nothing runs ${functionName} for a new object: give the gate an invoke handler.`;
    const { retries, destination } = readInvokeConfig(invokeConfigOf(functionName, qualifier));
    let failure: Buffer | undefined;
    for (let attempt = 0; attempt <= retries; attempt++) {
      const call = { functionName, qualifier, payload: Buffer.from(JSON.stringify(event)) };
      const { payload, isError } = await invoker(call);
      if (!isError) return undefined;
      failure = payload;
    }
    if (destination === undefined || !failure) return `${functionName} failed, and nobody is told: ${String(failure)}`;
    const { errorMessage, errorType } = jsonOf({ body: failure });
    const error = Object.assign(new Error(textOf(errorMessage)), { name: textOf(errorType) });
    const letter = deadLetterOf(event, error, { functionArn, attempts: retries + 1 });
    return sendTo(destination, JSON.stringify(letter), alias);
  };

  /** Lambda sends it as the function's role. */
  const sendTo = async (queueArn: string, MessageBody: string, alias: Alias): Promise<string | undefined> => {
    const denial = await whyNoMessage(queueArn, alias);
    if (denial !== undefined) return denial;
    const QueueUrl = `https://sqs/${queueArn.split(":").slice(-2).join("/")}`;
    const { status, body } = await forward(ownRequest("sqs SendMessage", alias.region, { QueueUrl, MessageBody }));
    return status === 200 ? undefined : `${queueArn} took no failure of ${alias.functionName}: ${body.toString()}`;
  };

  const whyNoMessage = async (queueArn: string, { region, functionName, alias }: Alias) => {
    const path = `/2015-03-31/functions/${functionName}/configuration?Qualifier=${alias}`;
    const arn = textOf(jsonOf(await forward(ownRequest(`lambda GET ${path}`, region)))["Role"]);
    const role = arn.split("/").at(-1) ?? "";
    const ask = { action: "sqs:SendMessage", resource: queueArn };
    const send = ownRequest("sqs SendMessage", region);
    const denial = await permissions.firstDenial(send, { name: role, arn, role }, [ask]);
    return denial && `${denial.principal} may not ${denial.action} on ${denial.resource}: ${denial.reason}.`;
  };

  const deliver = async ({ region, bucket, key }: ObjectPlace, eventName: ObjectEvent["eventName"]) => {
    for (const { functionArn, events, prefix, suffix } of targetsIn(notificationOf(bucket) ?? "")) {
      const isMeant = events.some((pattern) => matchesPattern(`s3:${eventName}`, pattern));
      if (!isMeant || !key.startsWith(prefix) || !key.endsWith(suffix)) continue;
      const made = eventName === "LifecycleExpiration:Delete" ? {} : await look({ region, bucket, key });
      const record = recordOf({ eventName, key, ...made }, { region, bucket });
      const complaint = await invoke(functionArn, bucket, { Records: [record] });
      if (complaint !== undefined) lost.push(complaint);
    }
  };
  const look = async ({ region, bucket, key }: ObjectPlace) => {
    const { headers } = await forward(ownRequest(`s3 HEAD ${pathOf(bucket, key)}`, region));
    const made = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    return { size: Number(made.get("content-length")), eTag: made.get("etag")?.replaceAll('"', "") ?? "" };
  };
  const deliverInBackground = (object: ObjectPlace, event: ObjectEvent["eventName"]) => {
    const ended = deliver(object, event)
      .catch((error: unknown) => {
        lost.push(`${object.bucket}: ${String(error)}`);
      })
      .finally(() => running.delete(ended));
    running.add(ended);
  };

  return {
    lost,
    async refusalOf(request) {
      const { bucket = "", key } = s3Place(request);
      const { service, method, query, region } = request;
      if (service === "s3" && method === "PUT" && key === undefined && query.has("notification")) {
        for (const { functionArn } of targetsIn(request.body.toString())) {
          const message = `Unable to validate the following destination configurations: ${functionArn}`;
          if (!(await decide(functionArn, bucket)).isAllowed) return refusal(request, 400, "InvalidArgument", message);
        }
      }
      const operation = service === "lambda" ? lambdaOperation(request) : undefined;
      if (operation?.action !== "PutFunctionEventInvokeConfig") return undefined;
      const { destination } = readInvokeConfig(jsonOf(request));
      const { functionName, qualifier: alias = "$LATEST" } = operation;
      const denial = destination && (await whyNoMessage(destination, { region, functionName, alias }));
      const message = `The function's execution role does not have permissions to call SendMessage on ${String(destination)}: ${String(denial)}`;
      return denial ? refusal(request, 400, "InvalidParameterValueException", message) : undefined;
    },
    raise(request) {
      const { bucket, key } = s3Place(request);
      const event = eventOf(request);
      if (bucket !== undefined && key !== undefined && event)
        deliverInBackground({ region: request.region, bucket, key }, event);
    },
    async expire(object) {
      const { region, bucket, key } = object;
      const { body } = await forward(ownRequest(`s3 GET /${bucket}?lifecycle`, region));
      if (!expiringPrefixes(body.toString()).some((prefix) => key.startsWith(prefix)))
        throw new Error(`No rule of ${bucket}'s lifecycle lets ${key} expire.`);
      await forward(ownRequest(`s3 DELETE ${pathOf(bucket, key)}`, region));
      deliverInBackground(object, "LifecycleExpiration:Delete");
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

function aliasIn(functionArn: string): Alias {
  const [, region = "", functionName = "", alias = "$LATEST"] =
    /^arn:aws:lambda:([^:]+):\d+:function:([^:]+)(?::([^:]+))?$/.exec(functionArn) ?? [];
  return { region, functionName, alias };
}

/** S3 still calls a function a CloudFunction, which was its name for it in 2014. */
function targetsIn(notification: string) {
  return elementsOf(notification, "CloudFunctionConfiguration").map((configuration) => {
    const rules = elementsOf(configuration, "FilterRule").map(
      (rule) => [elementOf(rule, "Name")?.toLowerCase(), elementOf(rule, "Value") ?? ""] as const,
    );
    const { prefix = "", suffix = "" } = Object.fromEntries(rules) as { prefix?: string; suffix?: string };
    const functionArn = elementOf(configuration, "CloudFunction") ?? "";
    return { functionArn, events: elementsOf(configuration, "Event"), prefix, suffix };
  });
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

function readInvokeConfig(configuration: Record<string, unknown> = {}) {
  const { MaximumRetryAttempts: retries = 2, DestinationConfig } = configuration as {
    MaximumRetryAttempts?: number;
    DestinationConfig?: { OnFailure?: { Destination?: string } };
  };
  return { retries, destination: DestinationConfig?.OnFailure?.Destination };
}
