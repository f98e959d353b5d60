import { detectLabels } from "../../../../local/bucket/labels.ts";
import type { Repair } from "./repair.ts";
import { jsonOf, operationOf } from "../service-request.ts";

/** Reads an object of the emulated S3. */
export type ReadObject = (bucket: string, key: string) => Promise<Buffer | undefined>;

/**
 * moto says the same of every image, also of one that is none. In its place stands what labels images in the local run: it
 * recognizes nothing, and its labels say so.
 */
export function rekognitionRepair(readObject: ReadObject): Repair {
  return async (request, pass) => {
    if (operationOf(request) !== "DetectLabels") return pass();
    const input = jsonOf(request);
    const { Bucket = "", Name = "" } =
      (input as { Image?: { S3Object?: { Bucket?: string; Name?: string } } }).Image?.S3Object ?? {};
    return detectLabels(input, await readObject(Bucket, Name));
  };
}
