import { expect, test, vi } from "vitest";
import { step, together } from "./steps.ts";

test("after a failure, concurrent parts finish their step and begin no other", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue();
  const failing = () => step("fails", () => Promise.reject(new Error("no")));
  const other = async () => {
    await step("goes on", () => new Promise(setImmediate));
    await step("never begins", () => Promise.reject(new Error("it began")));
  };
  await expect(together(failing, other)).rejects.toThrow("no");
  const printed = log.mock.calls.map(([line]) => String(line).replace(/ \(.*\)$/, ""));
  expect(printed).toEqual(["fails ... FAILED", "goes on ... ok", "never begins ... stopped"]);
});
