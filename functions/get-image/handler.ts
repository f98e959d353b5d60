import { imageKey, presign } from "../_shared/bucket.ts";
import { endpoint } from "../_shared/http.ts";
import { noSuchEvent, Problem } from "../_shared/problem.ts";
import { getItem, noKey, prime, readEvent } from "../_shared/table.ts";

const lifetime_s = 5 * 60;

/** Redirects to an event's image: 302 to an S3 URL that expires after five minutes. 404 if there is no event or no image. */
export const handler = endpoint(async (request) => {
  const event = await readEvent(request.pathParameters?.["id"]);
  if (!event) throw noSuchEvent();
  if (!event.image) throw new Problem(404, "The event has no image.");

  const { url } = await presign("GET", imageKey(event.id, event.incarnation, event.image.upload), {}, lifetime_s);
  return { status: 302, headers: { location: url, "cache-control": "no-store" } };
});

export const primed = prime(getItem(noKey));
