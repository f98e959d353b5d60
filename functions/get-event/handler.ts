import { endpoint } from "../_shared/http.ts";
import { noSuchEvent } from "../_shared/problem.ts";
import { isNotModified, represent } from "../_shared/representation.ts";
import { getItem, noKey, prime, readEvent } from "../_shared/table.ts";

/** Answers with one event as it is now. 304 without it where If-None-Match has its ETag, 404 where there is none. */
export const handler = endpoint(async (request) => {
  const event = await readEvent(request.pathParameters?.["id"]);
  if (!event) throw noSuchEvent();

  const { headers, body } = represent(event);
  return isNotModified(request, headers["etag"]) ? { status: 304, headers } : { status: 200, headers, body };
});

export const primed = prime(getItem(noKey));
