import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { scratchFolder } from "./scratch.ts";
import { needs, startApi } from "./api.ts";
import { examples, expectAnswered, type Example } from "./readme-examples.ts";
import { makeJpeg, makePng } from "../local/bucket/sample-images.ts";

const { url } = await startApi();
const posts = examples.filter(({ section }) => section === "Posts");

/** The size that functions/README.md shows. */
const photo = { width: 640, height: 480, size_bytes: 48_213 };

/** The same example for a PNG, and another post. */
function withPng({ line, setup, answer, ...place }: Example): Example {
  const [ofLine = "", ofSetup = "", ofAnswer = ""] = [line, setup, answer].map((text) =>
    text
      .replaceAll("sunset", "sunrise")
      .replaceAll("jpg", "png")
      .replaceAll("image/jpeg", "image/png")
      .replaceAll("JPEG", "PNG")
      .replaceAll("ada", "grace"),
  );
  return { line: ofLine, setup: ofSetup, answer: ofAnswer, ...place };
}

test.each([
  { kind: "JPEG", name: "photo.jpg", bytes: makeJpeg(photo), shared: "sunset.jpg", steps: posts },
  { kind: "PNG", name: "photo.png", bytes: makePng(photo), shared: "sunrise.png", steps: posts.map(withPng) },
])(
  "a $kind goes from the first line of Posts in functions/README.md to its last: labelled, listed, got back and deleted",
  async ({ name, bytes, shared, steps }) => {
    needs("create-upload-url", "get-image", "label-image");
    const folder = scratchFolder({});
    writeFileSync(join(folder, name), bytes);
    for (const step of steps) {
      // The image comes a moment after its upload, and the index a moment after the image. Only what changes nothing may be asked again.
      const isRepeatable = !/ -X | --upload-file /.test(step.line);
      if (isRepeatable) await vi.waitFor(() => expectAnswered(step, url, folder), { timeout: 120_000, interval: 100 });
      else await expectAnswered(step, url, folder);
    }
    expect(readFileSync(join(folder, shared)).equals(bytes)).toBe(true);
  },
);
