import { randomBytes } from "node:crypto";

/**
 * A UUID of version 7: 48 bits of the time in milliseconds, then random. With `previous`, which is
 * another one, it is greater than that, though it may come from a machine whose clock is ahead.
 * RFC 9562, section 5.7.
 */
export function uuidv7(previous = ""): string {
  const previous_ms = parseInt(previous.replace("-", "").slice(0, 12) || "0", 16);
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Math.max(Date.now(), previous_ms + 1), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
