import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { SluiceError } from "@sluice/core";

/**
 * Below the ranges that Linux (32768…) and macOS (49152…) take for outgoing connections, so that no connection takes
 * the port between our look and the program's bind. Above the usual servers.
 */
const FIRST = 20_000;
const LAST = 29_999;
const ATTEMPTS = 100;

export interface PortPool {
  /** A port that nobody listens on, reserved until released. Throws `resource_exhausted`. */
  reserve(): Promise<number>;
  /** Marks a port that an adopted instance uses. */
  claim(port: number): void;
  release(port: number): void;
}

export function createPortPool(): PortPool {
  const taken = new Set<number>();
  return {
    async reserve() {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const port = randomInt(FIRST, LAST + 1);
        if (taken.has(port)) continue;
        taken.add(port);
        if ((await canListen(port, "::")) ?? (await canListen(port, "0.0.0.0"))) return port;
        taken.delete(port);
      }
      throw new SluiceError("resource_exhausted", `no free port found between ${FIRST} and ${LAST}`);
    },
    claim: (port) => taken.add(port),
    release: (port) => taken.delete(port),
  };
}

/** Null when this machine does not know the address family. */
function canListen(port: number, host: string): Promise<boolean | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      resolve(code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" ? null : false);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
