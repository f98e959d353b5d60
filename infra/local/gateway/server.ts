import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** On loopback only, so that nobody else on the network can call. */
export async function listen(server: Server, port: number): Promise<{ port: number }> {
  server.keepAliveTimeout = 0; // an idle connection that it closed would lose a request that is on its way
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port };
}

export async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
