import { createServer, type Server as HttpServer } from "node:http";
import { Server, type ListenOptions } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { listen, listenAsLocalhost, stop } from "./server.ts";

const hasIPv6 = networkInterfaces()["lo"]?.some(({ address }) => address === "::1") ?? process.platform === "darwin";
const servers: HttpServer[] = [];

function answering(body: string): HttpServer {
  const server = createServer((request, response) => {
    void text(request).then(() => response.end(body));
  });
  servers.push(server);
  return server;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => stop(server)));
});

async function callAt(host: string, port: number): Promise<string> {
  return (await fetch(`http://${host}:${port}`, { method: "POST", body: "hi" })).text();
}

/** Makes listening on ::1 fail with this code. */
function failOnIPv6(code: string): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its `this` below
  const original = Server.prototype.listen as (this: Server, ...given: unknown[]) => Server;
  vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...given: unknown[]) {
    if (given[1] !== "::1") return original.apply(this, given);
    process.nextTick(() => this.emit("error", Object.assign(new Error(code), { code })));
    return this;
  } as (options: ListenOptions) => Server);
}

describe.skipIf(!hasIPv6)("localhost, on a machine with IPv6", () => {
  test("listens on both addresses, and on neither after a stop", async () => {
    const server = answering("ours");
    const { port } = await listenAsLocalhost(server, 0);
    expect([await callAt("127.0.0.1", port), await callAt("[::1]", port)]).toEqual(["ours", "ours"]);
    await stop(server);
    for (const host of ["127.0.0.1", "[::1]"]) await expect(callAt(host, port)).rejects.toThrow("fetch failed");
  });

  test("is refused if one of them is in use, and releases the other", async () => {
    const [other, server] = [answering("the other"), answering("ours")];
    const { port } = await listenAsLocalhost(other, 0);
    await stop(other);
    await new Promise<void>((resolve) => other.listen(port, "::1", resolve));
    await expect(listenAsLocalhost(server, port)).rejects.toHaveProperty("code", "EADDRINUSE");
    expect(await callAt("[::1]", port)).toBe("the other");
    await expect(callAt("127.0.0.1", port)).rejects.toThrow("fetch failed");
  });
});

test.each(["EADDRNOTAVAIL", "EAFNOSUPPORT"])("localhost is only 127.0.0.1 if ::1 fails with %s", async (code) => {
  failOnIPv6(code);
  const { port } = await listenAsLocalhost(answering("ours"), 0);
  expect(await callAt("127.0.0.1", port)).toBe("ours");
});

test("any other error with ::1 is thrown", async () => {
  failOnIPv6("EACCES");
  await expect(listenAsLocalhost(answering("ours"), 0)).rejects.toHaveProperty("code", "EACCES");
});

test("an answer that a stop waits for is sent, then its connection is closed", async () => {
  const server = createServer();
  const asked = new Promise<() => void>((resolve) => {
    server.on("request", (_request, response) => {
      resolve(() => response.end("late"));
    });
  });
  const { port } = await listen(server, 0);
  const answer = callAt("127.0.0.1", port);
  const finish = await asked;
  const stopped = stop(server, async () => {
    finish();
    await answer;
  });
  expect(await answer).toBe("late");
  await stopped;
});
