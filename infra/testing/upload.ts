import { setTimeout as pause } from "node:timers/promises";
import { exchange, type Answer, type Call } from "./call.ts";

export interface UploadUrl {
  method: string;
  url: string;
  headers: Record<string, string>;
  expiresAt: string;
}

export interface UploadChanges {
  method?: string;
  url?: string;
  /** Override the signed headers and Content-Length; undefined removes one. */
  headers?: Record<string, string | undefined>;
}

export function upload(to: UploadUrl, bytes: Uint8Array, changes: UploadChanges = {}): Promise<Answer> {
  const { method, url } = { ...to, ...changes };
  const { origin, pathname, search } = new URL(url);
  const headers = { ...to.headers, "content-length": String(bytes.length), ...changes.headers };
  return exchange(origin, { method, path: pathname + search, headers, body: bytes });
}

/** Gets an event until it is as expected, for at most about 20 seconds. */
export async function untilEvent(
  call: Call,
  id: string,
  isExpected: (event: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  let answer: Answer | undefined;
  for (let time = 0; time < 200; time++) {
    answer = await call(`GET /events/${id}`);
    const event = (answer.body ?? {}) as Record<string, unknown>;
    if (answer.status === 200 && isExpected(event)) return event;
    await pause(Math.min(5 * (time + 1), 100));
  }
  throw new Error(`The event ${id} did not become what was expected: ${JSON.stringify(answer)}`);
}

export function untilLabelled(call: Call, id: string): Promise<Record<string, unknown>> {
  return untilEvent(call, id, ({ image, rejectedImage }) => image !== undefined || rejectedImage !== undefined);
}
