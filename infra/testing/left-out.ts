import { beforeEach, TestRunner, type TestContext } from "vitest";
import { readFunctions } from "../build/functions.ts";
import { decodePath, matchRoute } from "../local/gateway/routes.ts";

/** The functions that a fork may delete, and how tests call them. */
const optional: Record<string, string[]> = {
  "list-events": ["GET /events"],
  "update-event": ["PUT /events/{id}", "PATCH /events/{id}"],
  "delete-event": ["DELETE /events/{id}"],
  "create-upload-url": ["POST /events/{id}/upload-url"],
  "get-image": ["GET /events/{id}/image"],
  "label-image": [],
};

const names = readFunctions().map(({ name }) => name);

let latest: TestContext | undefined;
beforeEach((context) => {
  latest = context;
});

export function has(name: string): boolean {
  return names.includes(name);
}

export function needs(...functions: string[]): void {
  const missing = functions.filter((name) => !has(name));
  if (missing.length > 0) skip(`needs ${missing.map((name) => `functions/${name}`).join(" and ")}`);
}

export function needsRouteOf(request: string): void {
  const [method = "", target = ""] = request.split(/ (.*)/s);
  const path = decodePath(target);
  if (path === undefined) return;
  for (const [name, routes] of Object.entries(optional))
    if (routes.some((route) => matchRoute(route, method, path))) needs(name);
}

/** Throws in the test to skip; with concurrent tests, `latest` may be another one. */
function skip(reason: string): void {
  const context = TestRunner.getCurrentTest()?.context ?? latest;
  if (!context) throw new Error(`A call outside of tests ${reason}.`);
  try {
    context.skip(reason);
  } finally {
    delete (context.task.result as { pending?: boolean } | undefined)?.pending;
  }
}
