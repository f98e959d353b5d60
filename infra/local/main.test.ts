import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../build/functions.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { callAt, has, makeJpeg, needs, untilLabelled, type Call } from "../testing/api.ts";
import { objectsIn, remedy } from "./bucket/bucket-objects.ts";
import { callServerAt } from "../testing/call.ts";
import { startDatabase } from "./database/database.ts";
import { listen, stop } from "./gateway/server.ts";
import { makeUserPool } from "./sign-in/tokens.ts";

interface Started {
  /** The base URL it printed, or empty if it ended without one. */
  url: string;
  output: () => string;
  /** Waits for output that matches the pattern. */
  printed: (pattern: RegExp) => Promise<RegExpExecArray>;
  kill: (signal: NodeJS.Signals) => void;
  pid: number | undefined;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

const running = new Set<Started>();
const sockets: Socket[] = [];

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const each of running) each.kill("SIGKILL");
  await Promise.all([...running].map(({ ended }) => ended));
});

async function run(command: string, ...parameters: string[]): Promise<Started> {
  const child = spawn(command, parameters, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      child.emit("printed");
    });
  }
  const ended = new Promise<number | string | null>((resolve) => {
    child.on("close", (code, signal) => {
      resolve(code ?? signal);
    });
  });
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match) resolve(match);
      };
      child.on("printed", look);
      look();
    });
  const greeted = printed(/runs at (http:\/\/localhost:\d+\/?\w*)\/events[\s\S]*\n\n$/);
  const [, url = ""] = (await Promise.race([greeted, ended.then(() => undefined)])) ?? [];
  const kill = (signal: NodeJS.Signals) => child.kill(signal);
  const started = { url, output: () => output, printed, kill, pid: child.pid, ended };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

/** Like `npm start -- ...`; npm itself is tested once, below. */
function start(...options: string[]): Promise<Started> {
  return run(process.execPath, "--import", "tsx", "infra/local/main.ts", "--port", "0", ...options);
}

/** Pastes the lines from an event to its image and back at once; returns their statuses and the event. */
async function paste({ output }: Started): Promise<{ statuses: string[]; event: unknown }> {
  needs(...imageFunctions);
  const lines = [...output().matchAll(/^ {2}((?:token|curl|echo).*)$/gm)].map(([, line = ""]) => line);
  const folder = scratchFolder();
  const withRetries = lines.join("\n").replace("--retry 30 ", "--retry 120 "); // the machine may be busy
  const answers = (await shell(withRetries, folder)).trimEnd().split("\n");
  expect(readFileSync(join(folder, "image.png"))).toEqual(readFileSync(join(folder, "photo.png")));
  return {
    statuses: answers.map((answer) => answer.slice(-3)),
    event: JSON.parse(answers.at(-1)?.slice(0, -4) ?? ""),
  };
}

const imageFunctions = ["create-upload-url", "get-image", "label-image"];

const pasted = (event: object) => ({
  statuses: ["201", "200", "200", "200", "200"],
  event: { ...event, image: { contentType: "image/png", labels: [{ name: "Local stand-in: PNG" }, {}] } },
});

describe("in memory", async () => {
  const hadData = existsSync(join(root, ".data"));
  const api = await start("--memory", "--stage", "dev");
  const call = callAt(api.url);

  test("serves the bundles, prints the URL and a line for each request", async () => {
    expect(api.url).toMatch(/^http:\/\/localhost:\d+\/dev$/);
    const created = await call("POST /events", { json: { id: "456", title: "x" } });
    expect([created.status, (await call("GET /events/456")).body]).toEqual([201, created.body]);
    await api.printed(/^POST \/dev\/events 201 \d+ ms [A-Za-z0-9+/]{15}=$/m);
    await api.printed(/^GET \/dev\/events\/456 200 \d+ ms [A-Za-z0-9+/]{15}=$/m);
  });

  test("says which web pages may call it", () => {
    expect(api.output()).toContain(
      "Web pages that may call it: only that one; see --cors-origin in npm start -- --help\n",
    );
  });

  test("serves the documentation beside the API", async () => {
    const docs = await fetch(new URL("/docs", api.url));
    expect([docs.status, docs.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  });

  test("stores nothing on disk, and says so", () => {
    expect(existsSync(join(root, ".data"))).toBe(hadData);
    expect(api.output()).toContain("keeps events and images in memory");
  });

  test("prints lines to paste that create an event, upload its image and read both", async () => {
    expect(await paste(api)).toMatchObject(pasted({ id: "123" }));
  });

  test("issues no tokens without --auth, and ignores them", async () => {
    expect((await callAt(api.url, "garbage")("GET /events")).status).toBe(200);
    expect((await callServerAt(new URL("/", api.url).href)("GET /token?sub=alice")).status).toBe(404);
    expect(api.output()).not.toContain("token=");
  });
});

describe("with --auth, on data from before sign-in", async () => {
  const data = scratchFolder();
  const before = await start("--data", data);
  await callAt(before.url)("POST /events", { json: { id: "123", type: "test_event", payload: { key: "value" } } });
  before.kill("SIGTERM");
  await before.ended;
  const origin = "http://localhost:5173";
  const api = await start("--data", data, "--auth", "--cors-origin", origin);
  const greeting = api.output();
  const [, printed = ""] = /token='(\S+)'/.exec(greeting) ?? [];

  test("requires a token, prints one, and issues more at /token", async () => {
    expect(await callAt(api.url)("GET /events")).toMatchObject({ status: 401, body: { message: "Unauthorized" } });
    expect(decodeJwt(printed)).toMatchObject({ sub: "alice", token_use: "access" });
    const [, ask = ""] = /for another: (curl .*)$/m.exec(greeting) ?? [];
    const given = (await shell(`${ask} --silent`)).trim();
    expect([decodeJwt(given)["sub"], (await callAt(api.url, given)("GET /events")).status]).toEqual(["alice", 200]);
  });

  test("prints lines to paste that create an event, upload its image and read both", async () => {
    expect(await paste(api)).toMatchObject(pasted({ id: "alice-123", organizer: "alice" }));
  });

  test("never prints the tokens that it receives or issues", async () => {
    const token = (await shell(`curl --silent '${new URL("/token?sub=alice", api.url).href}'`)).trim();
    const forged = `${token.slice(0, -9)}forgery!!`;
    for (const sent of [token, forged]) {
      await callAt(api.url, sent)("GET /events");
      await callAt(api.url, sent)("POST /events", { json: { title: 1 } });
      await callAt(api.url, sent)("POST /nothing");
      await callAt(api.url)(`GET /events?access_token=${sent}`);
      await callAt(api.url)("GET /events", { headers: { cookie: `token=${sent}` } });
    }
    await callAt(api.url)("GET /events/last");
    await api.printed(/^GET \/prod\/events\/last 401 \d+ ms [A-Za-z0-9+/]{15}=$/m);
    const log = api.output().slice(greeting.length);
    for (const part of [token, forged].flatMap((sent) => sent.split("."))) expect(log).not.toContain(part.slice(0, 40));
  });

  test("answers web pages of --cors-origin, and names it", async () => {
    const { headers } = await callServerAt(api.url)("POST /events", { headers: { origin } }); // which every fork has
    expect([headers["access-control-allow-origin"], greeting]).toEqual([
      origin,
      expect.stringContaining(`Web pages that may call it: ${origin}\n`),
    ]);
  });

  test("rejects another process's tokens", async () => {
    const token = await (await makeUserPool()).accessToken("alice");
    expect((await callAt(api.url, token)("GET /events")).status).toBe(401);
  });
});

describe("killed while writing, and restarted with its data", async () => {
  const data = join(scratchFolder(), "data");
  const first = await start("--data", data);
  const callFirst = callAt(first.url);
  await callFirst("POST /events", { json: { id: "123", title: "x" } });
  const hasImages = imageFunctions.every(has);
  const { body: asked } = hasImages
    ? await callFirst("POST /events/123/upload-url", { json: { contentType: "image/jpeg", contentLength: 1 } })
    : {};
  const acknowledged: string[] = [];
  const write = async (writer: number) => {
    for (let n = 0; n < 1000; n++) {
      const id = `${writer}-${n}`;
      const { status } = await callFirst("POST /events", { json: { id, payload: { id } } });
      if (status === 201) acknowledged.push(id);
      if (acknowledged.length === 200) first.kill("SIGKILL");
    }
  };
  await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7].map(write));
  const end = await first.ended;
  const upload = { bytes: makeJpeg(), metadata: { "content-type": "image/jpeg" }, lastModified: new Date() };
  if (hasImages) {
    const key = new URL((asked as { url: string }).url).pathname.replace("/images/", "");
    objectsIn(join(data, "images")).set(key, upload);
  }
  const second = await start("--data", data);
  const call = callAt(second.url);

  test("keeps every event that it acknowledged", async () => {
    expect([end, acknowledged.length]).toEqual(["SIGKILL", expect.toSatisfy((length: number) => length >= 200)]);
    const listed = await listAll(call);
    expect(listed).toEqual(expect.arrayContaining(acknowledged));
    for (const id of listed.filter((each) => each !== "123"))
      expect(await call(`GET /events/${id}`)).toMatchObject({ status: 200, body: { id, payload: { id } } });
  });

  test("labels what was uploaded before", async () => {
    needs(...imageFunctions);
    expect(await untilLabelled(call, "123")).toMatchObject({
      image: { contentType: "image/jpeg", size: upload.bytes.length },
    });
    const { status, headers } = await call("GET /events/123/image");
    const image = await fetch(headers["location"] ?? "");
    expect([status, image.status, Buffer.from(await image.arrayBuffer())]).toEqual([302, 200, upload.bytes]);
  });

  test("refuses a second start with the same data in one sentence, and keeps running", async () => {
    const third = await start("--data", data);
    expect([await third.ended, third.output()]).toEqual([
      1,
      `The data in ${data} is in use by another npm start: stop that one, or run npm start -- --memory.\n`,
    ]);
    expect((await call("POST /events", { json: { title: "x" } })).status).toBe(201);
  });
});

test("on a full disk it logs the reason once, answers writes with 503, and recovers when there is room", async ({
  skip,
}) => {
  const noLimits = spawnSync("prlimit", ["--version"]).error;
  if (noLimits) skip(`needs prlimit to emulate a full disk: ${noLimits.message}`);
  const data = join(scratchFolder(), "data");
  const api = await start("--data", data);
  const call = callAt(api.url);
  const limit = (bytes: number | "unlimited") => shell(`prlimit --pid ${api.pid ?? ""} --fsize=${bytes}:unlimited`);
  const acknowledged: string[] = [];
  const write = async (title: string) => {
    const id = String(acknowledged.length);
    const { status, headers } = await call("POST /events", { json: { id, title, payload: { x: "x".repeat(20_000) } } });
    if (status === 201) acknowledged.push(id);
    return [status, headers["retry-after"]];
  };

  await write("first");
  const image = imageFunctions.every(has)
    ? ((await call("POST /events/0/upload-url", { json: { contentType: "image/png", contentLength: 400_000 } }))
        .body as { url: string; headers: Record<string, string> })
    : undefined;
  await limit(300_000); // of each file
  for (let n = 0; n < 100 && (await write("before"))[0] === 201; n++);
  expect([await write("full"), await write("full")]).toEqual([
    [503, "2"],
    [503, "2"],
  ]);
  expect((await call("GET /events/0")).status).toBe(200);
  const refusal = /^Events cannot be written; .*\. IO error: .*\.log: File too large$/gm;
  expect(api.output().match(refusal)).toHaveLength(1);
  if (image) {
    const sent = await fetch(image.url, { method: "PUT", headers: image.headers, body: Buffer.alloc(400_000) });
    expect([sent.status, await sent.text()]).toEqual([503, expect.stringContaining("<Code>ServiceUnavailable</Code>")]);
    expect(readdirSync(join(data, "images"))).toEqual([]);
    await api.printed(/images\/\S+ cannot be written: Error: EFBIG: file too large, write\.$/m);
  }

  await limit("unlimited");
  expect(await write("after")).toEqual([201, undefined]);
  await api.printed(/^Events can be written again\.$/m);
  api.kill("SIGKILL");
  await api.ended;
  const again = await start("--data", data);
  expect((await listAll(callAt(again.url))).sort()).toEqual(acknowledged.sort());
});

test("refuses damaged data in one sentence", async () => {
  const data = scratchFolder({ "images/notes.json": "{}" });
  const refused = await start("--data", data);
  expect([await refused.ended, refused.output()]).toEqual([
    1,
    `${join(data, "images/notes.json")} is damaged, or not an image's file. ${remedy}\n`,
  ]);
});

test("refuses a port that is in use in one sentence", async () => {
  const other = createServer();
  const { port } = await listen(other, 0);
  const refused = await start("--memory", "--port", String(port));
  await stop(other);
  expect([await refused.ended, refused.output()]).toEqual([
    1,
    `Port ${port} is in use: stop what uses it, or run npm start -- --port ${port + 1}.\n`,
  ]);
});

test.each([
  [["--memroy"], 1, /^Unknown option '--memroy'\. Try npm start -- --help\.\n$/],
  [["--help"], 0, /^npm start -- \[options\]\n/],
])("exits with %j", async (options, code, output) => {
  const { ended, ...started } = await start(...options);
  expect([await ended, started.output()]).toEqual([code, expect.stringMatching(output)]);
});

describe("stops immediately and cleanly", () => {
  test.each<[what: string, NodeJS.Signals[]]>([
    ["a Ctrl-C", ["SIGINT"]],
    ["a Ctrl-C that arrives twice, from the terminal and from npm", ["SIGINT", "SIGINT"]],
    ["SIGTERM", ["SIGTERM"]],
    ["SIGHUP", ["SIGHUP"]],
  ])("on %s, under load and with a connection open in the middle of a request", async (_what, signals) => {
    const data = scratchFolder();
    const { url, kill, ended, output } = await start("--data", data);
    const greeting = output();
    await hold(url);
    const call = callAt(url);
    let sent = 0;
    const load = async () => {
      for (;;) {
        if (++sent === 100) for (const signal of signals) kill(signal);
        const { headers } = await call("POST /events", { json: { title: "x" } });
        await call(`GET /${headers["location"] ?? ""}`);
      }
    };
    await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7].map(load)); // until they are refused
    expect(await ended).toBe(0);
    const log = output().slice(greeting.length);
    expect(log).toMatch(/^((POST|GET) \S+ 20[01] \d+ ms \S+\n)+$/);
    await (await startDatabase(data)).stop(); // which refuses data that is damaged or in use
  });

  test.each(["SIGINT", "SIGTERM"] as const)("on %s to npm, and leaves nothing behind", async (signal) => {
    const { url, kill, ended } = await run("npm", "start", "--", "--port", "0", "--memory");
    const held = await hold(url);
    const cut = new Promise((resolve) => held.on("close", resolve));
    kill(signal);
    await cut;
    await ended;
    await expect(callAt(url)("GET /events/x")).rejects.toThrow("ECONNREFUSED");
  });
});

async function listAll(call: Call): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = ""; next !== undefined;) {
    const page = (await call(`GET /events?limit=100${next && `&cursor=${next}`}`)).body as {
      events: { id: string }[];
      next?: string;
    };
    ids.push(...page.events.map(({ id }) => id));
    next = page.next;
  }
  return ids;
}

/** The output of a command line, as a user types it. */
async function shell(line: string, folder?: string): Promise<string> {
  return (await promisify(execFile)("sh", ["-c", line], { cwd: folder })).stdout;
}

/** Opens a connection and sends half a request. */
async function hold(url: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
  sockets.push(socket);
  socket.on("error", () => undefined);
  await new Promise((resolve) =>
    socket.write("POST /prod/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", resolve),
  );
  return socket;
}
