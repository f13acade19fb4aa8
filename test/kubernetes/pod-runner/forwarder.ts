import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Forwarder {
  readonly port: number;
  /** Ends every connection. */
  close(): void;
}

/** Passes TCP connections to an address on to another one, asked for each time; null refuses them. */
export async function startForwarder(
  address: string,
  port: number,
  target: () => { address: string; port: number } | null,
): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    client.on("error", () => undefined);
    const to = target();
    if (to === null) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(to.port, to.address);
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => other.destroy());
      from.on("close", () => {
        sockets.delete(from);
        other.destroy();
      });
      from.pipe(other);
    }
  }).listen(port, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
