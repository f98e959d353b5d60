import { expect, test } from "vitest";
import { uuidv7 } from "./event-body.ts";

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("starts with the time and has version and variant", () => {
  const before = Date.now();
  const uuid = uuidv7();
  expect(uuid).toMatch(form);
  const made_ms = parseInt(uuid.replace("-", "").slice(0, 12), 16);
  expect(made_ms).toBeGreaterThanOrEqual(before);
  expect(made_ms).toBeLessThanOrEqual(Date.now());
});

test("is random in its other 74 bits", () => {
  const uuids = Array.from({ length: 200 }, () => BigInt(`0x${uuidv7().replaceAll("-", "").slice(12)}`));
  expect(uuids.reduce((one, other) => one & other).toString(16)).toBe(0x7000_8000_0000_0000_0000n.toString(16));
  expect(uuids.reduce((one, other) => one | other).toString(16)).toBe(0x7fff_bfff_ffff_ffff_ffffn.toString(16));
});
