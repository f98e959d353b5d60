import fc from "fast-check";
import { callServerAt } from "../../testing/call.ts";
import { complaintsAbout } from "../../testing/contract.ts";
import { hostileRequests, placeholders, toCurl, type HostileRequest } from "./hostile-requests.ts";

interface Options {
  url: string;
  tokens: string[];
  seed: number;
  requests: number;
}

/**
 * Counts the answers by status. Rejects at the first answer that is a 5xx or not in functions/openapi.yaml, with the
 * simplest request that gets it and a curl line. The same seed sends the same requests.
 */
export async function fuzz({ url, tokens, seed, requests }: Options) {
  const call = callServerAt(url);
  let last = { etag: '"none"', cursor: "none" };
  const statuses = new Map<number, number>();

  const check = async (drawn: HostileRequest) => {
    const headers = Object.fromEntries(
      Object.entries(drawn.headers).map(([name, value]) => [name, value.replaceAll(placeholders.etag, last.etag)]),
    );
    const line = drawn.line.replaceAll(placeholders.cursor, last.cursor);
    const request = { ...drawn, line, headers };
    const sent = { headers, ...(request.body && { bytes: request.body }) };
    const answer = await call(line, sent).catch((error: unknown) => {
      throw new Error(`No answer, or invalid JSON declared as JSON: ${String(error)}\n${toCurl(url, request)}`);
    });
    const complaints = [
      ...complaintsAbout(line, answer),
      ...(answer.status >= 500 ? ["No request may be answered with 5xx."] : []),
    ];
    if (complaints.length > 0)
      throw new Error(`${complaints.join("\n")}\n${JSON.stringify(answer)}\n${toCurl(url, request)}`);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const { next = last.cursor } = (answer.body ?? {}) as { next?: string };
    last = { etag: answer.headers["etag"] ?? last.etag, cursor: next };
  };
  const property = fc.asyncProperty(fc.limitShrink(hostileRequests(tokens), 100), check);
  const failure = await fc.check(property, { seed, numRuns: requests });
  if (failure.failed) throw failure.errorInstance;
  return statuses;
}
