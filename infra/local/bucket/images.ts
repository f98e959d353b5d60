import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bucketName, startBucket } from "./bucket.ts";
import { eTagOf, objectsIn, type Objects } from "./bucket-objects.ts";
import { startImageEvents, type DeadLetter, type ImageEvents } from "./image-events.ts";
import { startLabels } from "./labels.ts";
import type { RunningFunctions } from "../runtime/running-functions.ts";

export interface ImagesOptions {
  /** The folder for images and dead letters; if absent they are in memory. */
  path?: string | undefined;
  labels?: "on" | "off" | undefined;
  corsOrigins?: string[] | undefined;
  now?: () => Date;
  /** Called with each dead letter and the file that has it. */
  onDeadLetter?: (letter: DeadLetter, file: string | undefined) => void;
}

export type Images = Awaited<ReturnType<typeof startImages>>;

const day_ms = 24 * 60 * 60 * 1000;

export async function startImages({
  path,
  labels: mode = "on",
  corsOrigins,
  now = () => new Date(),
  onDeadLetter,
}: ImagesOptions = {}) {
  const objects: Objects = path === undefined ? new Map() : objectsIn(join(path, "images"));
  const deadLetters: DeadLetter[] = [];
  let events: ImageEvents | undefined;
  /** Uploads that label-image has not processed yet. */
  const pending = new Set<string>();
  const raise = (key: string) => {
    const bytes = key.startsWith("incoming/") ? objects.get(key)?.bytes : undefined;
    if (!bytes || !events) return;
    pending.add(key);
    events.raise({ eventName: "ObjectCreated:Put", key, size: bytes.length, eTag: eTagOf(bytes) }, () => {
      pending.delete(key);
    });
  };
  /**
   * Expires objects more than a day old, like S3's lifecycle, but none that label-image has yet to process: S3 and
   * Lambda would keep the event, which this process may lose. Runs after each start and every hour.
   */
  const expire = (then: Date) => {
    for (const key of [...objects.keys()].filter((each) => /^(incoming|deletions)\//.test(each))) {
      const age_ms = then.getTime() - (objects.get(key)?.lastModified.getTime() ?? NaN);
      if (!(age_ms > day_ms)) continue;
      if (key.startsWith("deletions/"))
        events?.raise({ eventName: "LifecycleExpiration:Delete", key }, () => {
          logErrors(() => objects.delete(key));
        });
      else if (!pending.has(key)) objects.delete(key);
    }
  };
  const timer = setInterval(logErrors, day_ms / 24, () => {
    expire(now());
  }).unref();
  const bucket = await startBucket({ objects, now, corsOrigins, onPut: raise });
  const labels = await startLabels({ objects, now });
  const keep = (letter: DeadLetter) => {
    deadLetters.push(letter);
    const file = logErrors(() => {
      if (path === undefined) return undefined;
      const name = join(path, "dead-letters", `${letter.requestContext.requestId}.json`);
      mkdirSync(dirname(name), { recursive: true });
      writeFileSync(name, `${JSON.stringify(letter, null, 2)}\n`);
      return name;
    });
    onDeadLetter?.(letter, file);
  };
  return {
    environment: {
      BUCKET_NAME: bucketName,
      LABELS: mode,
      AWS_ENDPOINT_URL_S3: bucket.url,
      AWS_ENDPOINT_URL_REKOGNITION: labels.url,
    },
    objects,
    bucket,
    labels,
    deadLetters,
    /** Delivers new uploads, and existing ones: S3 would not have lost their events when this process was killed. */
    deliverTo({ invoke }: Pick<RunningFunctions, "invoke">): ImageEvents {
      const started = startImageEvents((event) => invoke("label-image", event), keep);
      events = started;
      for (const key of objects.keys()) raise(key);
      const expireOnce = () =>
        logErrors(() => {
          expire(now());
        });
      const expired = started.settled().then(expireOnce);
      return {
        ...started,
        settled: () => expired.then(started.settled),
        stop: () => started.stop().then(() => expired),
      };
    },
    expire,
    async stop() {
      clearInterval(timer);
      await labels.stop();
      await bucket.stop();
    },
  };
}

/** Nothing awaits `act`, so an error would end the process. */
function logErrors<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}
