import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Picture {
  /** In pixels, by default 80, Rekognition's minimum. Other sizes are only written to the header. */
  width?: number;
  height?: number;
  size_bytes?: number;
}

export function makeJpeg({ width = 80, height = 80, size_bytes }: Picture = {}): Buffer {
  const image = readFileSync(join(import.meta.dirname, "sample.jpg"));
  const frame = image.indexOf(Buffer.from([0xff, 0xc0]));
  image.writeUInt16BE(height, frame + 5);
  image.writeUInt16BE(width, frame + 7);
  return padded(image, size_bytes);
}

export function makePng({ width = 80, height = 80, size_bytes }: Picture = {}): Buffer {
  const image = readFileSync(join(import.meta.dirname, "sample.png"));
  image.writeUInt32BE(width, 16);
  image.writeUInt32BE(height, 20);
  return padded(image, size_bytes);
}

function padded(image: Buffer, size_bytes = image.length): Buffer {
  return Buffer.concat([image, Buffer.alloc(size_bytes - image.length)]);
}
