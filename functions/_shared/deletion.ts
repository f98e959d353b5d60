import { deletionKey, imageKey, incomingKey, listKeys, sendToBucket } from "./bucket.ts";
import { readEvent } from "./table.ts";

/**
 * Removes all objects of a deleted event. Uploads go before images, so that label-image has none left to
 * copy; the note goes last, because it means that work remains. `advice` tells the caller what to do if
 * S3 fails.
 */
export async function removeObjects(id: string, incarnation: string, advice: string): Promise<void> {
  for (const prefix of [incomingKey(id, incarnation, ""), imageKey(id, incarnation, "")]) {
    for (let isTruncated = true; isTruncated;) {
      const page = await listKeys(prefix, advice);
      await Promise.all(page.keys.map((key) => sendToBucket("DELETE", key, { advice })));
      isTruncated = page.isTruncated;
    }
  }
  await sendToBucket("DELETE", deletionKey(id, incarnation), { advice });
}

/** Finishes a noted deletion, unless the event still exists: its deletion was refused, or is still pending. */
export async function finishDeletion(
  id: string,
  incarnation: string,
  advice: string,
): Promise<"finished" | "not deleted"> {
  if ((await readEvent(id, advice))?.incarnation === incarnation) return "not deleted";
  await removeObjects(id, incarnation, advice);
  return "finished";
}
