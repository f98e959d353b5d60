import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { chromium, type Locator } from "playwright-core";
import { afterAll, expect, test, type TestContext } from "vitest";
import { root } from "../build/functions.ts";
import { callAt, makePng, needs, untilLabelled } from "../testing/api.ts";
import { docsEndpoint } from "./docs-endpoint.ts";
import { listen, stop } from "./gateway/server.ts";
import { runBundles } from "./runtime/running-functions.ts";
import { makeUserPool } from "./sign-in/tokens.ts";
import { startStack, type StackOptions } from "./stack.ts";

const readme = readFileSync(join(root, "functions/README.md"), "utf8");
const [, section = ""] = /^## Call it from a web page\n(.*?)(?=^## |(?![\s\S]))/ms.exec(readme) ?? [];
const [upload = "", download = ""] = [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, lines = ""]) => lines);
const [, signedIn = ""] = /``(\{.*?\})``/s.exec(section) ?? [];

const executablePath = [
  ...(process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["google-chrome", "chromium"].map((name) => join(folder, name))),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((file) => existsSync(file));
const browser = executablePath === undefined ? undefined : await chromium.launch({ executablePath });
const started: { stop: () => Promise<unknown> }[] = [];
afterAll(async () => {
  await Promise.all(started.map((each) => each.stop()));
  await browser?.close();
});

const timeout_ms = 120_000;
const image = { name: "photo.png", mimeType: "image/png", buffer: makePng() };
const imageFunctions = ["create-upload-url", "get-image", "label-image"];

test("the docs page loads everything from this server, and tries out each operation with a token", async (context) => {
  needs("list-events", "update-event", "delete-event", ...imageFunctions);
  const { page, errors, origins } = await openPage(context);
  const { url, token } = await start({ isSignedIn: true });
  await page.goto(new URL("/docs", url).href);
  await page.locator(".auth-wrapper .authorize").click();
  await page.locator(".auth-container input").fill(token ?? "");
  await page.locator(".auth-container").getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".auth-container").getByRole("button", { name: "Close" }).click();
  const operation = (id: string) => page.locator(`[id^=operations-][id$=-${id}]`);
  const tryOut = async (id: string, parameters: Record<string, string>, body?: object) => {
    const opened = page.locator(".opblock.is-open .opblock-summary-control");
    if (await opened.isVisible()) await opened.click(); // each one that is open makes the page slower
    return execute(operation(id), parameters, body);
  };

  expect(await tryOut("createEvent", {}, { id: "123", title: "Sunset" })).toMatch(/^201\b/);
  expect(await tryOut("getEvent", { id: "123" })).toContain('"title": "Sunset"');
  expect(await tryOut("listEvents", {})).toContain('"id": "123"');
  expect(await tryOut("updateEvent", { id: "123" }, { title: "Sunrise" })).toContain('"title": "Sunrise"');
  expect(await tryOut("putEvent", { id: "123" }, { status: "draft" })).toContain('"version": 3');
  const description = { contentType: image.mimeType, contentLength: image.buffer.length };
  const [, uploadUrl = ""] = /"url": "(.*?)"/.exec(await tryOut("createUploadUrl", { id: "123" }, description)) ?? [];
  expect(await tryOut("put_upload", { url: uploadUrl })).toMatch(/^200\b/);
  await untilLabelled(callAt(url, token), "123");
  await tryOut("getImage", { id: "123" });
  const shown = await operation("getImage").locator(".live-responses-table img").getAttribute("src");
  expect(await tryOut("deleteEvent", { id: "123" })).toMatch(/^204\b/);
  expect({ shown, errors, origins: [...origins] }).toEqual({
    shown: expect.stringMatching(/^blob:/) as string,
    errors: [],
    origins: [url, uploadUrl].map((each) => new URL(each).origin),
  });
});

test.for([
  { signIn: "without sign-in", isSignedIn: false, headers: "{}" },
  { signIn: "signed in", isSignedIn: true, headers: signedIn },
])(
  "a page of another origin can do the same as in functions/README.md, $signIn",
  async ({ isSignedIn, headers }, context) => {
    needs("update-event", "delete-event", ...imageFunctions);
    const { page, errors } = await openPage(context);
    const origin = await servePage();
    const { url, token } = await start({ isSignedIn, corsOrigins: ["http://localhost:1", origin] });
    await page.goto(origin);
    await page.exposeFunction("labelled", (id: string) => untilLabelled(callAt(url, token), id));
    await page.locator("input").setInputFiles(image);
    const lines = pageLines(headers)
      .replaceAll("http://localhost:3000/prod", url)
      .replaceAll("http://localhost:3000", new URL(url).origin);
    expect(await page.evaluate(`(async () => {${lines}})()`)).toEqual({ width: 80, title: "Sunrise", deleted: 204 });
    expect(errors).toEqual([]);
  },
);

/** The README's lines and what they omit: showing the image, an update with the ETag from the page, and a delete. */
function pageLines(headers: string): string {
  return `
    const signedIn = ${headers};
    const [file] = document.querySelector("input").files;
    ${upload}
    await labelled(id);
    ${download}
    const shown = document.querySelector("img");
    shown.src = URL.createObjectURL(image);
    await shown.decode();
    const got = await send("GET", "/events/" + id);
    const ifMatch = { "If-Match": got.headers.get("ETag"), "Content-Type": "application/json", ...signedIn };
    const changed = await fetch(got.url, { method: "PATCH", headers: ifMatch, body: '{"title":"Sunrise"}' });
    const { title } = await changed.json();
    return { width: shown.naturalWidth, title, deleted: (await send("DELETE", "/events/" + id)).status };`;
}

/** What `npm start` starts, and a token of alice's. */
async function start({ isSignedIn, corsOrigins = [] }: { isSignedIn: boolean; corsOrigins?: string[] }) {
  const pool = isSignedIn ? await makeUserPool() : undefined;
  const docs = docsEndpoint("prod");
  const fallback: StackOptions["fallback"] = (request) => Promise.resolve(docs(request));
  const stack = await startStack({ run: runBundles, pool, corsOrigins, fallback });
  started.push(stack);
  return { url: stack.url, token: await pool?.accessToken("alice") };
}

/** A page of an origin other than the API's. */
async function servePage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><link rel="icon" href="data:,"><input type="file"><img>');
  });
  const { port } = await listen(server, 0);
  started.push({ stop: () => stop(server) });
  return `http://localhost:${port}`;
}

/** Skips the test without a browser. Collects the errors that the page logs, and the origins it loads from. */
async function openPage(context: TestContext) {
  if (!browser) context.skip("needs google-chrome or chromium in the PATH");
  const page = await browser.newPage();
  page.setDefaultTimeout(timeout_ms);
  const errors: string[] = [];
  const origins = new Set<string>();
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  page.on("request", (request) => {
    if (request.url().startsWith("http")) origins.add(new URL(request.url()).origin);
  });
  context.onTestFailed(async () => {
    await page.screenshot({
      path: join(root, ".data/screenshots", `${context.task.name.replaceAll(/\W+/g, "-")}.png`),
    });
  });
  return { page, errors, origins };
}

/** Opens an operation of Swagger UI, fills it in and executes it; returns the answer as shown. */
async function execute(operation: Locator, parameters: Record<string, string>, body?: object): Promise<string> {
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  for (const [name, value] of Object.entries(parameters))
    await operation.locator(`[data-param-name="${name}"] input`).fill(value);
  if (body) await operation.locator("textarea").fill(JSON.stringify(body));
  const files = operation.locator("input[type=file]");
  if ((await files.count()) > 0) await files.setInputFiles(image);
  await operation.getByRole("button", { name: "Execute" }).click();
  return operation.locator(".live-responses-table tbody").innerText();
}
