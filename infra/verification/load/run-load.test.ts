import { describe, expect, test } from "vitest";
import { needs } from "../../testing/api.ts";
import { complaintsOf, runLoad } from "./run-load.ts";

test("mixed traffic loses no acknowledged write while the database fails", async () => {
  needs("list-events", "update-event", "delete-event");
  const { statuses, injected, complaints } = await runLoad((requests) => requests > 500, {
    hiccup: 0.05,
    outage: 0.02,
  });
  expect(complaints).toEqual([]);
  expect(injected.hiccups * injected.outages).toBeGreaterThan(0);
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(["200", "201", "503"]));
}, 300_000);

describe("a run fails", () => {
  const good = {
    requests: 100,
    statuses: { 200: 80, 503: 20 },
    injected: { hiccups: 5, outages: 20 },
    memory_mb: [100, 200, 200, 200, 200],
  };

  test.each([
    ["without answers", { requests: 0 }, "no request was answered"],
    ["with a 503 without an outage", { statuses: { 503: 31 } }, "31 answers were 503, and there were 20 outages"],
    ["with outages without a 503", { statuses: {} }, "0 answers were 503, and there were 20 outages"],
    [
      "that leaks memory",
      { memory_mb: [100, 200, 300, 400, 500] },
      "memory has grown by 200 MB and may grow by 100 MB",
    ],
  ])("%s", (_what, wrong, complaint) => {
    expect(complaintsOf(good)).toEqual([]);
    expect(complaintsOf({ ...good, ...wrong })).toEqual([complaint]);
  });
});
