import { expect, test } from "vitest";
import { elementOf, elementsOf } from "./xml.ts";

test("finds the texts of all elements with a name, in order", () => {
  expect(elementsOf("<List><Key>a b</Key><Other>x</Other><Key></Key></List>", "Key")).toEqual(["a b", ""]);
  expect(elementOf("<Key>a</Key><Key>b</Key>", "Key")).toBe("a");
  expect(elementOf("<Keys>a</Keys>", "Key")).toBeUndefined();
});

test("refuses escaped text instead of passing it on", () => {
  expect(() => elementOf("<Key>a&amp;b</Key>", "Key")).toThrow(
    "<Key> has escaped text, which is not supported here: a&amp;b",
  );
});
