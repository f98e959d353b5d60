import { shownFields, type Event } from "./event.ts";
import type { Request } from "./http.ts";

/** ETag and body of a response with one event. */
export function represent(event: Event): { headers: Record<string, string>; body: object } {
  return { headers: { etag: etagOf(event) }, body: fieldsOf(event) };
}

/** What callers see of an event, always in the same order. JSON omits undefined values. */
export function fieldsOf(event: Event): object {
  const shown: Partial<Record<string, unknown>> = { ...event, ...shownImages(event) };
  return Object.fromEntries(shownFields.map((field) => [field, shown[field]]));
}

/**
 * What callers see of an event's images, always in the same order, which a DynamoDB map does not keep. A
 * rejection is shown until a later upload is accepted; the two may have been checked in any order.
 */
function shownImages({ image, rejectedImage }: Event): object {
  const isOutdated = image && rejectedImage && image.upload > rejectedImage.upload;
  return {
    image: image && {
      contentType: image.contentType,
      size: image.size,
      labels: image.labels?.map(({ name, confidence }) => ({ name, confidence })),
      labelledAt: image.labelledAt,
    },
    rejectedImage: isOutdated
      ? undefined
      : rejectedImage && { detail: rejectedImage.detail, rejectedAt: rejectedImage.rejectedAt },
  };
}

/** A strong ETag, unlike that of any earlier event with the same id. RFC 9110, section 8.8.3. */
export function etagOf({ incarnation, version }: Event): string {
  return `"${incarnation}-${version}"`;
}

/**
 * Whether If-None-Match lists this ETag. Weak comparison, because proxies weaken strong ETags. A malformed
 * header matches nothing.
 *
 * RFC 9110, section 13.1.2.
 */
export function isNotModified({ headers }: Request, etag: string | undefined): boolean {
  const etags = parseEtags(headers["if-none-match"] ?? "") ?? [];
  return etags === "*" || etags.some((other) => other.replace(/^W\//, "") === etag);
}

/**
 * Parses a list of ETags or `*`; undefined if malformed. A list may have empty elements, an ETag may
 * contain commas, and repeated headers arrive as one list. RFC 9110, sections 5.6.1 and 8.8.3.
 */
export function parseEtags(header: string): "*" | string[] | undefined {
  if (header === "*") return "*";
  // eslint-disable-next-line no-control-regex -- RFC 9110 allows every byte in an ETag except these
  const elements = [...header.matchAll(/[ \t]*(?:((?:W\/)?"[^"\x00-\x20\x7f]*")[ \t]*)?(?:,|$)/gy)];
  const isWhole = elements.map(([text]) => text).join("") === header;
  const etags = elements.flatMap(([, etag]) => (etag === undefined ? [] : [etag]));
  return isWhole && etags.length > 0 ? etags : undefined;
}
