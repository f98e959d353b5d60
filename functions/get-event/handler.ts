import { endpoint } from "../_shared/http.ts";
import { noSuchEvent } from "../_shared/problem.ts";
import { isNotModified, represent } from "../_shared/representation.ts";
import { getItem, noKey, prime, readEvent } from "../_shared/table.ts";

/** Returns one event. 304 without a body if If-None-Match lists its ETag, 404 if there is none. */
export const handler = endpoint(async (request) => {
  const event = await readEvent(request.pathParameters?.["id"]);
  if (!event) throw noSuchEvent();

  const { headers, body } = represent(event);
  return isNotModified(request, headers["etag"]) ? { status: 304, headers } : { status: 200, headers, body };
});

export const primed = prime(getItem(noKey), represent);
