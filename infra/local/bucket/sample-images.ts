import { crc32, deflateSync } from "node:zlib";

export interface Picture {
  /** In pixels, 80 if not given: Rekognition takes no smaller ones. */
  width?: number;
  height?: number;
  /** Of the whole file, filled up with a comment; as small as it gets where it is not given. */
  size_bytes?: number;
}

/**
 * Makes a grey JPEG (ITU T.81, baseline). Throws where it does not fit into `size_bytes`.
 *
 * Every block of 8 x 8 pixels is equal to the one before: for the difference of its mean, 0, and for
 * the end of the block the tables have one code each, the bit 0.
 */
export function makeJpeg({ width = 80, height = 80, size_bytes }: Picture = {}): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const pixels = Buffer.alloc(Math.ceil((blocks * 2) / 8));
  if (blocks % 4 > 0) pixels[pixels.length - 1] = 0xff >> ((blocks % 4) * 2); // the last byte is filled up with 1s
  const oneCode = (table: number) => segment(0xc4, [table, 1, ...Array<number>(15).fill(0), 0]);
  const start = Buffer.from([0xff, 0xd8]);
  const rest = Buffer.concat([
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc0, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0]),
    oneCode(0x00),
    oneCode(0x10),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    pixels,
    Buffer.from([0xff, 0xd9]),
  ]);
  return Buffer.concat([start, ...comments(missing(size_bytes, start.length + rest.length, 4)), rest]);
}

/** Makes a black PNG. Throws where it does not fit into `size_bytes`. */
export function makePng({ width = 80, height = 80, size_bytes }: Picture = {}): Buffer {
  const dimensions = Buffer.alloc(8);
  dimensions.writeUInt32BE(width, 0);
  dimensions.writeUInt32BE(height, 4);
  const start = Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", Buffer.concat([dimensions, Buffer.from([8, 0, 0, 0, 0])])),
  ]);
  const rest = Buffer.concat([
    chunk("IDAT", deflateSync(Buffer.alloc((width + 1) * height))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  const filler = missing(size_bytes, start.length + rest.length, 12);
  return Buffer.concat([start, ...(filler > 0 ? [chunk("fiLl", Buffer.alloc(filler - 12))] : []), rest]);
}

/** How many bytes are to be filled up, at least as many as a comment takes. */
function missing(size_bytes: number | undefined, made_bytes: number, least_bytes: number): number {
  const filler = (size_bytes ?? made_bytes) - made_bytes;
  if (filler !== 0 && filler < least_bytes)
    throw new Error(
      `This image has ${made_bytes} bytes, or at least ${made_bytes + least_bytes}, and not ${size_bytes ?? 0}.`,
    );
  return filler;
}

/** Comment segments of so many bytes in all; one takes 4 to 65,537, and no fewer than 4 may be left for the last. */
function comments(filler_bytes: number): Buffer[] {
  if (filler_bytes === 0) return [];
  const whole_bytes = filler_bytes <= 65_537 ? filler_bytes : Math.min(65_537, filler_bytes - 4);
  return [segment(0xfe, Array<number>(whole_bytes - 4).fill(0x20)), ...comments(filler_bytes - whole_bytes)];
}

/** A segment of a JPEG: its marker, its length with the length itself, its content. */
function segment(marker: number, content: number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content]);
}

/** A chunk of a PNG. The letters of its name say what it is: the small `f` that it may be ignored. */
function chunk(name: string, content: Buffer): Buffer {
  const framed = Buffer.concat([Buffer.alloc(4), Buffer.from(name, "latin1"), content, Buffer.alloc(4)]);
  framed.writeUInt32BE(content.length, 0);
  framed.writeUInt32BE(crc32(framed.subarray(4, -4)), framed.length - 4);
  return framed;
}
