import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/**
 * An object as an item: texts, numbers, lists and objects, which is all that an event is made of. The
 * SDK's own mapping knows every kind, and makes each function 1.5 KB heavier. What is undefined is
 * left out, as in JSON; any other kind throws.
 */
export function marshall(object: object): Record<string, AttributeValue> {
  const present = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, toAttribute(value)]));
}

/** An item as an object. Throws where it holds a kind of attribute that `marshall` never writes. */
export function unmarshall(item: Record<string, AttributeValue>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, attribute]) => [name, fromAttribute(attribute)]));
}

function toAttribute(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  if (typeof value === "object" && value !== null) return { M: marshall(value) };
  throw new Error(`An item cannot hold a ${typeof value}.`);
}

function fromAttribute({ S: text, N: number, L: list, M: map }: AttributeValue): unknown {
  if (text !== undefined) return text;
  if (number !== undefined) return Number(number);
  if (list) return list.map(fromAttribute);
  if (map) return unmarshall(map);
  throw new Error("An item holds an attribute that is no text, number, list or map.");
}
