import { expect, test } from "vitest";
import { uuidv7 } from "./uuid.ts";

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("begins with the time, and says its version and variant", () => {
  const before = Date.now();
  const uuid = uuidv7();
  expect(uuid).toMatch(form);
  const made_ms = parseInt(uuid.replace("-", "").slice(0, 12), 16);
  expect(made_ms).toBeGreaterThanOrEqual(before);
  expect(made_ms).toBeLessThanOrEqual(Date.now());
});

test.each([
  ["of this millisecond", 0],
  ["of a clock that is an hour ahead", 3_600_000],
])("is greater than an earlier one %s", (_what, ahead_ms) => {
  const hex = (Date.now() + ahead_ms).toString(16).padStart(12, "0");
  const earlier = `${hex.slice(0, 8)}-${hex.slice(8)}-7fff-bfff-ffffffffffff`;
  const later = uuidv7(earlier);
  expect(later).toMatch(form);
  expect(later > earlier).toBe(true);
});

test("takes the time that it is after one of the past", () => {
  const before = Date.now().toString(16).padStart(12, "0");
  expect(uuidv7("00000000-0000-7000-8000-000000000000").replace("-", "").slice(0, 12) >= before).toBe(true);
});

test("is random in all 74 bits that say nothing else", () => {
  const uuids = Array.from({ length: 200 }, () => BigInt(`0x${uuidv7().replaceAll("-", "").slice(12)}`));
  expect(uuids.reduce((one, other) => one & other).toString(16)).toBe((0x7000_8000_0000_0000_0000n).toString(16));
  expect(uuids.reduce((one, other) => one | other).toString(16)).toBe((0x7fff_bfff_ffff_ffff_ffffn).toString(16));
});
