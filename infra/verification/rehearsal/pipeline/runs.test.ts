import { describe, expect, test } from "vitest";
import type { Result } from "../github/runner.ts";
import type { WorkflowRun } from "../github/run-workflow.ts";
import { expectStop, expectSuccess, outputOf } from "./runs.ts";

/** A run with a job of steps called a, b, c and so on, each of which prints its name. */
function runOf(result: Result, ...outcomes: Result[]): WorkflowRun {
  const steps = outcomes.map((outcome, index) => ({
    name: "abcdef".charAt(index),
    outcome,
    output: `says ${"abcdef".charAt(index)}`,
  }));
  return { job: { result, steps, outputs: {}, summary: "" } };
}

describe("a job that should stop at b", () => {
  const stop = (run: WorkflowRun) => () => {
    expectStop(run, "job", "b");
  };

  test.each([
    ["it does", runOf("failure", "success", "failure", "skipped")],
    ["an earlier step was skipped", runOf("failure", "skipped", "failure", "skipped")],
  ])("is as it should be when %s", (_what, run) => {
    expect(stop(run)).not.toThrow();
  });

  test.each([
    ["it succeeds", runOf("success", "success", "success", "success")],
    ["it stops later", runOf("failure", "success", "success", "failure")],
    ["it stops earlier", runOf("failure", "failure", "skipped", "skipped")],
    ["a later step runs", runOf("failure", "success", "failure", "success")],
    ["an earlier step also failed", runOf("failure", "failure", "failure", "skipped")],
    ["b is skipped", runOf("success", "success", "skipped", "skipped")],
    ["the job still passes", runOf("success", "success", "failure", "skipped")],
    ["there is no b", runOf("failure", "failure")],
    ["the job is missing", { other: { result: "failure" as const, steps: [], outputs: {}, summary: "" } }],
  ])("is not when %s", (_what, run) => {
    expect(stop(run)).toThrow();
  });

  test("cleans up only by the clean-up step", () => {
    const cleanedUp =
      (cleanUp: string, ...after: Result[]) =>
      () => {
        expectStop(runOf("failure", "success", "failure", ...after), "job", "b", cleanUp);
      };
    expect(cleanedUp("d", "skipped", "success")).not.toThrow();
    for (const wrong of [
      cleanedUp("d", "success", "success"),
      cleanedUp("d", "skipped", "skipped"),
      cleanedUp("d", "skipped", "failure"),
    ])
      expect(wrong).toThrow();
  });

  test("reports what happened instead, with the output", () => {
    expect(stop(runOf("failure", "failure", "skipped"))).toThrow(
      'The job job should stop at "b", and is failure:\n  a: failure\n  b: skipped\njob, a:\nsays a',
    );
  });
});

test("a job that should succeed must not fail, be skipped or be missing", () => {
  expect(() => {
    expectSuccess(runOf("success", "success"), ["job"]);
  }).not.toThrow();
  expect(() => {
    expectSuccess(runOf("failure", "failure"), ["job"]);
  }).toThrow("The job job should succeed, and is failure.\njob, a:\nsays a");
  expect(() => {
    expectSuccess(runOf("skipped"), ["job"]);
  }).toThrow("The job job should succeed, and is skipped.");
  expect(() => {
    expectSuccess(runOf("success"), ["other"]);
  }).toThrow("The run has no job other; it has job.");
});

test("a step's output is found by its name", () => {
  expect(outputOf(runOf("success", "success", "success"), "job", "b")).toBe("says b");
  expect(() => outputOf(runOf("success"), "job", "b")).toThrow('The job job has no step "b".');
});
