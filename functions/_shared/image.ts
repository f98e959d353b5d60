/** What Rekognition reads. */
export const contentTypes = ["image/jpeg", "image/png"] as const;

export type ContentType = (typeof contentTypes)[number];

export const largestImage_bytes = 5 * 1024 * 1024;

/**
 * The image of an event, as callers see it. `labels` and `labelledAt` are absent where labelling is
 * off; `confidence` is a percentage.
 */
export interface Image {
  contentType: ContentType;
  size: number;
  labels?: { name: string; confidence: number }[];
  labelledAt?: string;
}

/** Why an upload did not become the event's image. */
export interface RejectedImage {
  detail: string;
  rejectedAt: string;
}

/**
 * Which upload something came from: the URLs given out for an event are counted, so that of two uploads
 * the later one has the greater number, whatever the clocks say.
 */
export interface Uploaded {
  upload: number;
}

/**
 * What callers see of an event's images, always in the same order, which a map in DynamoDB does not
 * keep. A rejection is shown until a later upload is accepted; the two may have been looked at in any
 * order.
 */
export function shownImages({
  image,
  rejectedImage,
}: {
  image?: Image & Uploaded;
  rejectedImage?: RejectedImage & Uploaded;
}): object {
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

// The keys of the bucket. The incarnation in each tells an event from an earlier one with the same id.

/** Where an upload lies, looked at or not. S3 refuses a second one there until its lifecycle removes it, which is long after its URL has expired. */
export function incomingKey(id: string, incarnation: string, upload: number | string): string {
  return `incoming/${id}/${incarnation}/${upload}`;
}

/** Where an image is that has passed. */
export function imageKey(id: string, incarnation: string, upload: number | string): string {
  return `images/${id}/${incarnation}/${upload}`;
}

/** The note that an event is to be deleted: written before that is decided, and removed when nothing of the event is left. S3's lifecycle removes it too, and then calls label-image. */
export function deletionKey(id: string, incarnation: string): string {
  return `deletions/${id}/${incarnation}`;
}
