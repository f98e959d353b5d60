import { deletionKey, imageKey, incomingKey, listKeys, sendToBucket } from "./bucket.ts";
import { readEvent } from "./table.ts";

/**
 * Removes all that is left of a deleted event. Uploads before images, so that label-image finds none to
 * copy afterwards; the note last, because it stands for what is still to be done. `advice` is for the
 * caller where S3 does not answer.
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

/** Does what a note asks for, unless the event still lives: its deletion was refused, or is not decided yet. */
export async function finishDeletion(
  id: string,
  incarnation: string,
  advice: string,
): Promise<"finished" | "not deleted"> {
  if ((await readEvent(id, advice))?.incarnation === incarnation) return "not deleted";
  await removeObjects(id, incarnation, advice);
  return "finished";
}
