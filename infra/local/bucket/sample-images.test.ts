import { crc32, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { makeJpeg, makePng } from "./sample-images.ts";

/** The chunks of a PNG by name. Throws where a checksum or a length is wrong. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    expect(png.readUInt32BE(end - 4)).toBe(crc32(png.subarray(at + 4, end - 4)));
    chunks.set(png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, end - 4));
    at = end;
  }
  return chunks;
}

/** The markers of a JPEG up to its pixels, in order, and the bytes of its pixels. */
function partsOf(jpeg: Buffer): { markers: number[]; pixels: Buffer } {
  expect([jpeg.readUInt16BE(0), jpeg.readUInt16BE(jpeg.length - 2)]).toEqual([0xffd8, 0xffd9]);
  const markers: number[] = [];
  let at = 2;
  while (markers.at(-1) !== 0xda) {
    expect(jpeg[at]).toBe(0xff);
    markers.push(jpeg.readUInt8(at + 1));
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return { markers, pixels: jpeg.subarray(at, -2) };
}

describe("a PNG", () => {
  test("has the size in pixels that it is to have, all of them black", () => {
    const chunks = chunksOf(makePng({ width: 300, height: 200 }));
    expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
    expect(chunks.get("IHDR")).toEqual(Buffer.from([0, 0, 1, 44, 0, 0, 0, 200, 8, 0, 0, 0, 0]));
    expect(inflateSync(chunks.get("IDAT") ?? "")).toEqual(Buffer.alloc(301 * 200));
  });

  test("is filled up to a size with a chunk that may be ignored", () => {
    const png = makePng({ size_bytes: 5 * 1024 * 1024 });
    expect([png.length, [...chunksOf(png).keys()]]).toEqual([5 * 1024 * 1024, ["IHDR", "fiLl", "IDAT", "IEND"]]);
  });
});

describe("a JPEG", () => {
  test.each([
    [80, 80, 25, 0x00],
    [8, 8, 1, 0x3f],
    [17, 9, 2, 0x0f],
    [300, 200, 238, 0x0f],
  ])("of %i x %i pixels has two bits for each block of 64, and ends with 1s", (width, height, bytes, last) => {
    const jpeg = makeJpeg({ width, height });
    const { markers, pixels } = partsOf(jpeg);
    expect(markers).toEqual([0xdb, 0xc0, 0xc4, 0xc4, 0xda]);
    expect([pixels.length, pixels.at(-1)]).toEqual([bytes, last]);
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    expect([jpeg.readUInt16BE(frame + 5), jpeg.readUInt16BE(frame + 7)]).toEqual([height, width]);
  });

  test.each([4, 5, 65_537, 65_538, 65_541, 131_074, 131_075])(
    "is filled up with %i bytes of comments",
    (filler_bytes) => {
      const size_bytes = makeJpeg().length + filler_bytes;
      const jpeg = makeJpeg({ size_bytes });
      const { markers } = partsOf(jpeg);
      expect([jpeg.length, new Set(markers)]).toEqual([size_bytes, new Set([0xfe, 0xdb, 0xc0, 0xc4, 0xda])]);
    },
  );
});

test.each([
  ["JPEG", makeJpeg, 4],
  ["PNG", makePng, 12],
] as const)("a %s that does not fit is refused", (_format, make, least_bytes) => {
  const { length } = make();
  expect(make({ size_bytes: length }).length).toBe(length);
  for (const size_bytes of [0, length - 1, length + 1, length + least_bytes - 1]) {
    expect(() => make({ size_bytes })).toThrow(
      `This image has ${length} bytes, or at least ${length + least_bytes}, and not ${size_bytes}.`,
    );
  }
});
