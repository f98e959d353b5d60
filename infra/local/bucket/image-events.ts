import { randomUUID } from "node:crypto";
import { account } from "./account.ts";
import { bucketName } from "./bucket.ts";

/** An expired object has neither size nor ETag. */
export interface ObjectEvent {
  eventName: "ObjectCreated:Put" | "ObjectCreated:Copy" | "LifecycleExpiration:Delete";
  key: string;
  size?: number;
  eTag?: string;
}

/** What Lambda sends to an on-failure destination. */
export type DeadLetter = ReturnType<typeof deadLetterOf>;

export type ImageEvents = ReturnType<typeof startImageEvents>;

const here = {
  region: account.region,
  bucket: bucketName,
  functionArn: `arn:aws:lambda:${account.region}:000000000000:function:label-image:$LATEST`,
  attempts: 3,
};

/**
 * Calls label-image for events like S3 and Lambda. A failed call is retried twice: at once, while Lambda waits one
 * minute, then two. After that the event is a dead letter.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function startImageEvents(
  invoke: (event: object) => Promise<unknown>,
  onDeadLetter: (letter: DeadLetter) => void,
) {
  const running = new Set<Promise<void>>();
  let isStopping = false;
  const settled = async () => {
    while (running.size > 0) await Promise.all(running);
  };
  /** Whether label-image has processed it. */
  const deliver = async (event: DeadLetter["requestPayload"]): Promise<boolean> => {
    for (let attempt = 1; attempt <= here.attempts; attempt++) {
      try {
        await invoke(event);
        return true;
      } catch (error) {
        if (isStopping) return false;
        if (attempt === here.attempts) onDeadLetter(deadLetterOf(event, error, here));
      }
    }
    return false;
  };
  return {
    raise: (event: ObjectEvent, onProcessed: () => void = () => undefined) => {
      if (isStopping) return;
      const delivery = deliver({ Records: [recordOf(event, here)] })
        .then((isProcessed) => {
          if (isProcessed) onProcessed();
        })
        .finally(() => running.delete(delivery));
      running.add(delivery);
    },
    settled,
    /** From now on nothing is retried or delivered: the next start raises it again. */
    stop: () => {
      isStopping = true;
      return settled();
    },
  };
}

let count = 0;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
export function recordOf(
  { eventName, key, size, eTag }: ObjectEvent,
  { region, bucket }: { region: string; bucket: string },
) {
  const now = new Date();
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: region,
    eventTime: now.toISOString(),
    eventName,
    userIdentity: { principalId: "local" },
    requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "label-image",
      bucket: { name: bucket, ownerIdentity: { principalId: "local" }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeKey(key),
        ...(size !== undefined && { size }),
        ...(eTag !== undefined && { eTag }),
        sequencer: sequencerAt(now),
      },
    },
  };
}

/** Encodes like a form, except for `/`: a space becomes `+`, and `+` becomes `%2B`. */
function encodeKey(key: string): string {
  return new URLSearchParams([["", key]]).toString().slice(1).replaceAll("%2F", "/");
}

function sequencerAt(now: Date): string {
  return (now.getTime().toString(16).padStart(12, "0") + (++count).toString(16).padStart(6, "0")).toUpperCase();
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export function deadLetterOf(
  requestPayload: { Records: ReturnType<typeof recordOf>[] },
  error: unknown,
  { functionArn, attempts }: { functionArn: string; attempts: number },
) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return {
    version: "1.0",
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition: "RetriesExhausted",
      approximateInvokeCount: attempts,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: name, errorMessage: message },
  };
}
