import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import createClient from "openapi-fetch";
import { describe, expect, test } from "vitest";
import { startApi } from "../../testing/api.ts";
import type { components, paths } from "./client-types.ts";
import { document, documentPath } from "../../testing/contract.ts";

type NewEvent = components["schemas"]["NewEvent"];

const { url } = await startApi();

const update =
  "npx vitest run --config infra/testing/vitest.config.ts infra/verification/contract/client.test.ts --update";

/** functions/openapi.yaml, where Changes has each of Fields, or null in its place: JSON Schema can say that of one field only. */
const contract = readFileSync(documentPath, "utf8").replace(/(?<= client\.test\.ts writes them\.\n)( {8}.*\n)*/, () =>
  Object.keys((document.components.schemas["Fields"] as { properties: object }).properties)
    .filter((name) => name !== "id")
    .map(
      (name) =>
        `        ${name}:\n          anyOf:\n            - $ref: "#/components/schemas/Fields/properties/${name}"\n            - type: "null"\n`,
    )
    .join(""),
);

test(`in functions/openapi.yaml each of Fields is in Changes too: ${update} writes it`, async () => {
  await expect(contract).toMatchFileSnapshot(documentPath);
});

test(`the types of client-types.ts are those of functions/openapi.yaml: ${update} makes them anew`, async () => {
  // A field with a default may be left out of a request.
  const types = await openapiTS(contract, { defaultNonNullable: false });
  await expect(astToString(types)).toMatchFileSnapshot("client-types.ts");
});

/** A program as somebody writes it who has nothing but functions/openapi.yaml. That it compiles is half of the test. */
describe("a client with the types of functions/openapi.yaml", () => {
  const { POST, GET, PATCH, DELETE } = createClient<paths>({ baseUrl: url });

  test("creates an event, reads, lists, changes and deletes it", async () => {
    const { data: created } = await POST("/events", { body: { title: "Workshop", type: "typed", capacity: 10 } });
    const id: string = created?.id ?? "";
    const path = { id };

    const { data: event, response } = await GET("/events/{id}", { params: { path } });
    expect(event).toEqual(created);

    const { data: page } = await GET("/events", { params: { query: { type: "typed", limit: 1 } } });
    expect(page).toEqual({ events: [created] });

    const header = { "If-Match": response.headers.get("etag") ?? "" };
    const { data: changed } = await PATCH("/events/{id}", {
      params: { path, header },
      body: { status: "cancelled", capacity: null },
    });
    expect([changed?.status, changed?.capacity, changed?.version]).toEqual(["cancelled", undefined, 2]);

    const { response: deleted } = await DELETE("/events/{id}", { params: { path } });
    expect(deleted.status).toBe(204);
  });

  test("learns from an error what is wrong", async () => {
    const { error } = await POST("/events", { body: { title: " " } });
    const errors = error && "errors" in error ? error.errors : undefined;
    expect(errors).toEqual([{ pointer: "/title", detail: "must not be blank" }]);
  });

  test("does not compile with what the API would refuse", async () => {
    // @ts-expect-error -- the refusal is what is tested: there is no such field
    const withTypo: NewEvent = { title: "Workshop", locatoin: "Online" };
    const { response: misspelt } = await POST("/events", { body: withTypo });
    // @ts-expect-error -- the refusal is what is tested: there is no such status
    const { response: undecided } = await POST("/events", { body: { title: "Workshop", status: "undecided" } });
    // @ts-expect-error -- the refusal is what is tested: the parameter is called limit
    const { response: unlimited } = await GET("/events", { params: { query: { size: 10 } } });
    expect([misspelt.status, undecided.status, unlimited.status]).toEqual([400, 400, 400]);
  });
});
