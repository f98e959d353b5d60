import { describe, expect, test } from "vitest";
import { complaintsOf, runLoad } from "./run-load.ts";
import { makeTraffic } from "./traffic.ts";

test("mixed traffic loses no acknowledged write while the database fails, and gets a 503 for each outage only", async () => {
  const { statuses, injected, complaints } = await runLoad(8);
  expect(complaints).toEqual([]);
  expect(injected.hiccups * injected.outages).toBeGreaterThan(0);
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(["200", "201", "503"]));
}, 60_000);

describe("a run is complained about", () => {
  const good = {
    requests: 100,
    statuses: { 200: 80, 503: 20 },
    injected: { hiccups: 5, outages: 20 },
    memory_mb: [100, 200, 200, 200, 200],
  };

  test.each([
    ["of which nothing was answered", { requests: 0 }, "no request was answered"],
    ["with 503 for what was no outage", { statuses: { 503: 31 } }, "31 answers were 503, and there were 20 outages"],
    ["with outages that nobody was told of", { statuses: {} }, "0 answers were 503, and there were 20 outages"],
    [
      "that fills memory",
      { memory_mb: [100, 200, 300, 400, 500] },
      "memory has grown by 200 MB and may grow by 100 MB",
    ],
  ])("%s", (_what, wrong, complaint) => {
    expect(complaintsOf(good)).toEqual([]);
    expect(complaintsOf({ ...good, ...wrong })).toEqual([complaint]);
  });
});

describe("a caller complains", () => {
  /** Sends until it does what is wanted, each time answered as if all had gone well. */
  function trafficAt(does: "POST" | "PATCH" | "DELETE") {
    const traffic = makeTraffic("a", ["1"]);
    for (let sent = 0; sent < 1000; sent++) {
      const { method, path } = traffic.next();
      if (method === does) return traffic;
      const isThere = method === "POST" || method === "PATCH";
      traffic.answered(method === "POST" ? 201 : path.includes("?") ? 200 : isThere ? 200 : 404, "{}");
    }
    throw new Error(`In 1000 requests there was no ${does}.`);
  }

  test("of an acknowledged create that is gone", () => {
    const traffic = trafficAt("POST");
    traffic.answered(201, "{}");
    traffic.verify("1", 404, "");
    expect(traffic.complaints).toEqual([expect.stringMatching(/^get 1: 404, though the event could only be a, \d+$/)]);
  });

  test("of a delete that has come back, but not if nobody said whether it was done", () => {
    const deleted = trafficAt("POST");
    deleted.answered(503, "");
    deleted.verify("1", 404, "");
    expect(deleted.complaints).toEqual([]);
    deleted.verify("1", 200, '{"title": "a, 0"}');
    expect(deleted.complaints).toEqual(["get 1: 200, though the event could only be undefined"]);
  });

  test("of an answer that no request should get", () => {
    const traffic = trafficAt("POST");
    traffic.answered(500, "bug");
    expect(traffic.complaints).toEqual(["create 1: 500 bug"]);
  });
});
