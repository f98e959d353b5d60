import { expect, test } from "vitest";
import { marshall, unmarshall } from "./attributes.ts";

const object = { text: "ä", empty: "", whole: 5_242_880, fraction: 99.31, negative: -0.5, list: ["a", 1, []], inner: { labels: [{ name: "Cat", confidence: 98 }], none: {} } };
const item = {
  text: { S: "ä" },
  empty: { S: "" },
  whole: { N: "5242880" },
  fraction: { N: "99.31" },
  negative: { N: "-0.5" },
  list: { L: [{ S: "a" }, { N: "1" }, { L: [] }] },
  inner: { M: { labels: { L: [{ M: { name: { S: "Cat" }, confidence: { N: "98" } } }] }, none: { M: {} } } },
};

test("an object becomes an item, and the item becomes the object again", () => {
  expect(marshall(object)).toEqual(item);
  expect(unmarshall(item)).toEqual(object);
});

test("leaves out what is undefined, also inside", () => {
  expect(marshall({ a: undefined, b: { c: undefined } })).toEqual({ b: { M: {} } });
});

test.each([[true], [null], [10n], [() => 1]])("refuses %s, which no event is made of", (value) => {
  expect(() => marshall({ value })).toThrow(/^An item cannot hold a (boolean|object|bigint|function)\.$/);
});

test.each([{ BOOL: true }, { NULL: true as const }, { SS: ["a"] }, { B: new Uint8Array() }])("refuses an attribute %j that it never wrote", (attribute) => {
  expect(() => unmarshall({ attribute })).toThrow("An item holds an attribute that is no text, number, list or map.");
});
