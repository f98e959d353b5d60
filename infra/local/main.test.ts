import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { root } from "../build/functions.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { callAt, untilLabelled, type Call } from "../testing/api.ts";
import { objectsIn } from "./bucket/bucket-objects.ts";
import { callServerAt } from "../testing/call.ts";
import { makeJpeg } from "./bucket/sample-images.ts";
import { listen, stop } from "./gateway/server.ts";

interface Started {
  pid: number;
  /** The base URL it printed, or undefined when it ended without one. */
  url: string | undefined;
  output: () => string;
  kill: (signal: NodeJS.Signals) => void;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

const running = new Set<Started>();
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const each of running) each.kill("SIGKILL");
  await Promise.all([...running].map(({ ended }) => ended));
});

async function run(command: string, ...parameters: string[]): Promise<Started> {
  const child = spawn(command, parameters, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const urls = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const url = /runs at (http:\/\/localhost:\d+\/?\w*)\/events/.exec(output)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.on("close", (code, signal) => {
      resolve(code ?? signal);
    });
  });
  const url = await Promise.race([urls, ended.then(() => undefined)]);
  const started = {
    pid: child.pid ?? 0,
    url,
    output: () => output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended,
  };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

/** As `npm start -- ...` does; npm itself is tested once, below. */
function start(...options: string[]): Promise<Started> {
  return run(process.execPath, "--import", "tsx", "infra/local/main.ts", ...options);
}

test("serves the bundles, prints where, and a line for each request", async () => {
  const { url, output, kill, ended } = await start("--port", "0", "--memory", "--stage", "dev");
  expect(url).toMatch(/^http:\/\/localhost:\d+\/dev$/);
  const call = callAt(url ?? "");
  const created = await call("POST /events", { json: { id: "123", title: "x" } });
  expect([created.status, (await call("GET /events/123")).body]).toEqual([201, created.body]);
  kill("SIGTERM");
  await ended;
  expect(output()).toContain("its events and images in memory");
  expect(output()).toMatch(/^POST \/dev\/events 201 \d+ ms [A-Za-z0-9+/]{15}=$/m);
  expect(output()).toMatch(/^GET \/dev\/events\/123 200 \d+ ms [A-Za-z0-9+/]{15}=$/m);
});

test.each([[[]], [["--auth"]]])(
  "prints lines that lead from an event to its image and back when pasted, with %j",
  async (options) => {
    const { url = "", output } = await start("--port", "0", "--memory", ...options);
    const [, token] = /token='(\S+)'/.exec(output()) ?? [];
    const lines = [...output().matchAll(/^ {2}((?:token|curl|echo).*)$/gm)].map(([, line = ""]) => line);
    const [show = "", load = ""] = lines.splice(-2);
    const folder = scratchFolder();
    await shell(lines.join(" && "), folder);
    const event = await untilLabelled(callAt(url, token), "123");
    expect(event).toMatchObject({ image: { contentType: "image/png", labels: [{ name: "Local stand-in: PNG" }, {}] } });
    const signIn = `token='${token ?? ""}'`;
    expect(JSON.parse(await shell(`${signIn}; ${show}`))).toEqual(event);
    await shell(`${signIn}; ${load}`, folder);
    expect(readFileSync(join(folder, "image.png"))).toEqual(readFileSync(join(folder, "photo.png")));
  },
);

test("labels what was uploaded before a kill, from the folder in which it was kept", async () => {
  const data = join(scratchFolder(), "data");
  const first = await start("--port", "0", "--data", data);
  const callFirst = callAt(first.url ?? "");
  expect((await callFirst("POST /events", { json: { id: "123", title: "x" } })).status).toBe(201);
  const { body } = await callFirst("POST /events/123/upload-url", {
    json: { contentType: "image/jpeg", contentLength: 1 },
  });
  first.kill("SIGKILL");
  await first.ended;
  const key = new URL((body as { url: string }).url).pathname.replace("/images/", "");
  const upload = { bytes: makeJpeg(), metadata: { "content-type": "image/jpeg" }, lastModified: new Date() };
  objectsIn(join(data, "images")).set(key, upload);

  const second = await start("--port", "0", "--data", data);
  const call = callAt(second.url ?? "");
  expect(await untilLabelled(call, "123")).toMatchObject({
    image: { contentType: "image/jpeg", size: upload.bytes.length },
  });
  const { status, headers } = await call("GET /events/123/image");
  const image = await fetch(headers["location"] ?? "");
  expect([status, image.status, Buffer.from(await image.arrayBuffer())]).toEqual([302, 200, upload.bytes]);
});

describe("with --auth", () => {
  test("asks for a token, prints one that works with the lines below it, and gives more at /token", async () => {
    const { url = "", output } = await start("--port", "0", "--memory", "--auth");
    expect(await callAt(url)("GET /events")).toMatchObject({ status: 401, body: { message: "Unauthorized" } });
    const [, printed = ""] = /token='(\S+)'/.exec(output()) ?? [];
    expect(decodeJwt(printed)).toMatchObject({ sub: "alice", token_use: "access" });
    const [create = "", read = ""] = [...output().matchAll(/^ {2}(curl .*)$/gm)].map(([, line]) => line);
    expect(await shell(`token='${printed}'; ${create} && ${read}`)).toMatch(
      /^(\{"id":"123",.*"organizer":"alice",.*\})\1$/,
    );

    const [, ask = ""] = /more of them: (curl .*)$/m.exec(output()) ?? [];
    const given = (await shell(`${ask} --silent`)).trim();
    expect([decodeJwt(given)["sub"], (await callAt(url, given)("GET /events/123")).status]).toEqual(["alice", 200]);
  });

  test("prints nothing about the tokens that it gets and gives", async () => {
    const { url = "", output, kill, ended } = await start("--port", "0", "--memory", "--auth");
    const greeting = output();
    const token = (await shell(`curl --silent '${new URL("/token?sub=alice", url).href}'`)).trim();
    const forged = `${token.slice(0, -9)}forgery!!`;
    for (const sent of [token, forged]) {
      await callAt(url, sent)("GET /events");
      await callAt(url, sent)("POST /events", { json: { title: 1 } });
      await callAt(url, sent)("POST /nothing");
      await callAt(url)(`GET /events?access_token=${sent}`);
      await callAt(url)("GET /events", { headers: { cookie: `token=${sent}` } });
    }
    kill("SIGTERM");
    await ended;
    const log = output().slice(greeting.length);
    expect(log).toMatch(/^GET \/prod\/events 401 \d+ ms [A-Za-z0-9+/]{15}=$/m);
    for (const part of [token, forged].flatMap((sent) => sent.split("."))) expect(log).not.toContain(part.slice(0, 40));
  });

  test("makes a key that no other start knows", async () => {
    const first = await start("--port", "0", "--memory", "--auth");
    const second = await start("--port", "0", "--memory", "--auth");
    const [, token] = /token='(\S+)'/.exec(first.output()) ?? [];
    expect((await callAt(first.url ?? "", token)("GET /events")).status).toBe(200);
    expect((await callAt(second.url ?? "", token)("GET /events")).status).toBe(401);
  });
});

test("gives no tokens without --auth, and looks at none", async () => {
  const { url = "", output } = await start("--port", "0", "--memory");
  expect((await callAt(url, "garbage")("GET /events")).status).toBe(200);
  expect((await callServerAt(new URL("/", url).href)("GET /token?sub=alice")).status).toBe(404);
  expect(output()).not.toContain("token=");
});

test("keeps every event that it acknowledged when it is killed while writing", async () => {
  const data = join(scratchFolder(), "data");
  const first = await start("--port", "0", "--data", data);
  const call = callAt(first.url ?? "");
  const acknowledged: string[] = [];
  const write = async (writer: number) => {
    for (let n = 0; n < 1000; n++) {
      const id = `${writer}-${n}`;
      const { status } = await call("POST /events", { json: { id, payload: { id } } });
      if (status === 201) acknowledged.push(id);
      if (acknowledged.length === 200) first.kill("SIGKILL");
    }
  };
  await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7].map(write));
  expect(await first.ended).toBe("SIGKILL");
  expect(acknowledged.length).toBeGreaterThanOrEqual(200);

  const second = await start("--port", "0", "--data", data);
  const callAgain = callAt(second.url ?? "");
  const payloads = await Promise.all(
    acknowledged.map(async (id) => ((await callAgain(`GET /events/${id}`)).body as { payload?: unknown }).payload),
  );
  expect(payloads).toEqual(acknowledged.map((id) => ({ id })));

  const listed = await listAll(callAgain);
  const others = listed.filter((id) => !acknowledged.includes(id));
  expect(await Promise.all(others.map(async (id) => (await callAgain(`GET /events/${id}`)).status))).toEqual(
    others.map(() => 200),
  );
  expect(listed).toEqual(expect.arrayContaining(acknowledged));
});

describe("refuses in one sentence", () => {
  test("data that another one uses, which goes on", async () => {
    const data = scratchFolder();
    const first = await start("--port", "0", "--data", data);
    const second = await start("--port", "0", "--data", data);
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(
      `The data in ${data} is in use by another npm start: stop that one, or run npm start -- --memory.\n`,
    );
    expect((await callAt(first.url ?? "")("POST /events", { json: { title: "x" } })).status).toBe(201);
  });

  test("a port that is in use", async () => {
    const other = createServer();
    const { port } = await listen(other, 0);
    const refused = await start("--port", String(port), "--memory");
    await stop(other);
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toBe(
      `Port ${port} is in use: stop what uses it, or run npm start -- --port ${port + 1}.\n`,
    );
  });

  test.each([
    [["--port", "http"], "--port must be a number from 0 to 65535."],
    [["--port", "65536"], "--port must be a number from 0 to 65535."],
    [["--stage", "a/b"], "--stage must be 1 to 128 of A-Z a-z 0-9 _ -, or $default."],
    [["--memroy"], "Unknown option '--memroy'. Try npm start -- --help."],
    [["memory"], "Unexpected argument 'memory'. Try npm start -- --help."],
    [["--port"], "Option '--port <value>' argument missing. Try npm start -- --help."],
    [["--memory", "--data", "x"], "Give --memory or --data, not both."],
  ])("the options %j", async (options, sentence) => {
    const refused = await start(...options);
    expect([await refused.ended, refused.output()]).toEqual([1, `${sentence}\n`]);
  });
});

test("explains its options", async () => {
  const help = await start("--help");
  expect(await help.ended).toBe(0);
  expect(help.output()).toMatch(
    /^npm start -- \[options\]\n[\s\S]*--port[\s\S]*--stage[\s\S]*--data[\s\S]*--memory[\s\S]*--auth/,
  );
});

describe("stops at once and cleanly", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "on %s, even with a connection open in the middle of a request",
    async (signal) => {
      const data = scratchFolder();
      const { url, kill, ended } = await start("--port", "0", "--data", data);
      await hold(url);
      kill(signal);
      expect(await ended).toBe(0);
      expect((await start("--port", "0", "--data", data)).url).toBeDefined();
    },
  );

  test("on a Ctrl-C that arrives twice, from the terminal and from npm", async () => {
    const { kill, ended } = await start("--port", "0", "--memory");
    kill("SIGINT");
    kill("SIGINT");
    expect(await ended).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("on %s to npm, and leaves nothing behind", async (signal) => {
    const { url, kill, ended } = await run("npm", "start", "--", "--port", "0", "--memory");
    const held = await hold(url);
    const cut = new Promise((resolve) => held.on("close", resolve));
    kill(signal);
    await cut;
    await ended;
    await expect(callAt(url ?? "")("GET /events/x")).rejects.toThrow("ECONNREFUSED");
  });
});

test("keeps nothing on disk with --memory", async () => {
  const before = existsSync(join(root, ".data"));
  const { kill, ended } = await start("--port", "0", "--memory");
  kill("SIGTERM");
  await ended;
  expect(existsSync(join(root, ".data"))).toBe(before);
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

/** What a command line prints, as somebody types it. */
async function shell(line: string, folder?: string): Promise<string> {
  return (await promisify(execFile)("sh", ["-c", line], { cwd: folder })).stdout;
}

/** Opens a connection and sends half a request. */
async function hold(url = ""): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
  sockets.push(socket);
  socket.on("error", () => undefined);
  await new Promise((resolve) =>
    socket.write("POST /prod/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", resolve),
  );
  return socket;
}
