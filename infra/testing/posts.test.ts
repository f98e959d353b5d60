import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeJpeg, makePng } from "../local/bucket/sample-images.ts";
import { needs, startApi } from "./api.ts";
import { examples, expectAnswered, shells } from "./readme-examples.ts";
import { scratchFolder } from "./scratch.ts";

const posts = examples.filter(({ section }) => section === "Posts");
const png = makePng();
const jpeg = makeJpeg();

/** The same line or answer for a JPEG. */
function withJpeg(text: string): string {
  return text
    .replaceAll(png.toString("base64"), jpeg.toString("base64"))
    .replaceAll(`"size":${png.length}`, `"size":${jpeg.length}`)
    .replaceAll("png", "jpg")
    .replaceAll("image/jpg", "image/jpeg")
    .replaceAll("PNG", "JPEG");
}

function asItIs(text: string): string {
  return text;
}

describe.each(shells)("pasted into %s in one go, the section Posts of functions/README.md", async (shell) => {
  const { url } = await startApi();

  test.for([
    { kind: "PNG", bytes: png, shared: "sunset.png", change: asItIs },
    { kind: "JPEG", bytes: jpeg, shared: "sunset.jpg", change: withJpeg },
  ])(
    "takes a $kind from its first line to its last: labelled, got back, listed and deleted",
    async (given, context) => {
      needs("create-upload-url", "get-image", "label-image");
      const folder = scratchFolder();
      const lines = posts.flatMap((each) => each.lines.map(given.change));
      const answers = posts.flatMap((each) => each.answers.map(given.change));
      await expectAnswered(context, shell, { lines, answers }, url, folder);
      expect(readFileSync(join(folder, given.shared)).equals(given.bytes)).toBe(true);
    },
  );
});
