import { once } from "node:events";
import type { Server } from "node:http";
import { createServer as createSocketServer, type AddressInfo, type Server as SocketServer } from "node:net";

const onIPv6 = new WeakMap<Server, SocketServer>();

/** On loopback only: not reachable from the network. */
export async function listen(server: Server, port: number): Promise<{ port: number }> {
  server.keepAliveTimeout = 0; // closing an idle connection would lose a request in transit
  server.maxHeadersCount = 0; // Node silently drops headers above its count limit; their size has its own limit
  await begin(server, port, "127.0.0.1");
  return { port: (server.address() as AddressInfo).port };
}

/** For URLs with `localhost`, which is 127.0.0.1 to some programs and ::1 to others: on both, if available. */
export async function listenAsLocalhost(server: Server, wanted: number): Promise<{ port: number }> {
  const sockets = createSocketServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    server.emit("connection", socket);
  });
  for (;;) {
    const { port } = await listen(server, wanted);
    try {
      await begin(sockets, port, "::1");
      onIPv6.set(server, sockets);
      return { port };
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(code)) return { port };
      await stop(server);
      if (code !== "EADDRINUSE" || wanted !== 0) throw error;
    }
  }
}

async function begin(server: SocketServer, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, "listening"); // rejects at an error
}

/** Accepts no more connections, waits for `answered`, and closes the remaining connections. */
export async function stop(server: Server, answered = () => Promise.resolve()): Promise<void> {
  onIPv6.get(server)?.close();
  const closed = new Promise((resolve) => server.close(resolve));
  await answered();
  server.closeAllConnections();
  await closed;
}
