import { expect, test } from "vitest";
import { parseOptions, usage } from "./options.ts";

test.each([
  [[], { port: 3000, stage: "prod", data: ".data", auth: false, corsOrigins: [] }],
  [
    ["--port", "0", "--stage", "$default", "--data", "x"],
    { port: 0, stage: "$default", data: "x", auth: false, corsOrigins: [] },
  ],
  [["--memory", "--auth"], { port: 3000, stage: "prod", data: undefined, auth: true, corsOrigins: [] }],
  [
    ["--cors-origin", "http://localhost:5173", "--cors-origin", "*"],
    { port: 3000, stage: "prod", data: ".data", auth: false, corsOrigins: ["http://localhost:5173", "*"] },
  ],
  [["--help", "--port", "0"], "help"],
])("takes %j", (args, options) => {
  expect(parseOptions(args)).toEqual(options);
});

test.each([
  [["--port", "http"], "--port must be a number from 0 to 65535."],
  [["--port", "65536"], "--port must be a number from 0 to 65535."],
  [["--stage", "a/b"], "--stage must be $default, or 1 to 128 characters of A-Z a-z 0-9 _ -."],
  ...["localhost:5173", "http://localhost:5173/", "HTTP://localhost", "http://a,http://b"].map(
    (origin): [string[], string] => [
      ["--cors-origin", "*", "--cors-origin", origin],
      `--cors-origin must be * or like http://localhost:5173, in lower case and with no / at the end, not ${origin}.`,
    ],
  ),
  [["--memroy"], "Unknown option '--memroy'. Try npm start -- --help."],
  [["memory"], "Unexpected argument 'memory'. Try npm start -- --help."],
  [["--port"], "Option '--port <value>' argument missing. Try npm start -- --help."],
  [["--memory", "--data", "x"], "Give --memory or --data, not both."],
])("refuses %j in one sentence", (args, sentence) => {
  expect(() => parseOptions(args)).toThrow(new Error(sentence));
});

test("explains each option", () => {
  expect(usage).toMatch(
    /^npm start -- \[options\]\n[\s\S]*--port[\s\S]*--stage[\s\S]*--data[\s\S]*--memory[\s\S]*--auth[\s\S]*--cors-origin/,
  );
});
