import { expect, test } from "vitest";
import { complaintsAboutRoutes, routeComplaints, rows } from "./_tests/complaints.ts";
import { operations } from "./contract.ts";

test("functions/openapi.yaml and README.md document exactly the functions' routes", async () => {
  const complaints = await complaintsAboutRoutes();
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
});

test("if a route is not everywhere, the error says what to do in which file", () => {
  const declared = [
    { name: "get-a", routes: ["GET /a"] },
    { name: "get-b", routes: ["GET /b"] },
  ];
  expect(routeComplaints(declared, ["GET /a", "GET /c"], ["GET /a", "GET /d"])).toEqual([
    "functions/openapi.yaml: add GET /b to paths: functions/get-b answers it.",
    'README.md: add GET /b to the table under "The API": functions/get-b answers it.',
    "functions/openapi.yaml: remove GET /c from paths: no function has it.",
    'README.md: remove GET /d from the table under "The API": no function has it.',
  ]);
});

test("README.md has only statuses of functions/openapi.yaml", () => {
  const lacking = rows.flatMap(({ routes, statuses }) =>
    routes.flatMap((route) => {
      const operation = operations.find(({ routeKey }) => routeKey === route)?.operation;
      return statuses
        .filter((status) => operation && !(status in operation.responses))
        .map((status) => `${route}: ${status}`);
    }),
  );
  expect(lacking).toEqual([]);
});
