import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Says how programs are that run with HEALTH_FROM, so that a test can have a version fall ill and recover. */
export interface Health extends AsyncDisposable {
  /** What a version is given as HEALTH_FROM. */
  of(version: string): string;
  set(version: string, isWell: boolean): void;
}

/** @param host of this machine, as the programs reach it */
export async function startHealth(host: string): Promise<Health> {
  const ill = new Set<string>();
  const server = createServer(({ url = "" }, response) => {
    response.writeHead(ill.has(url.slice(1)) ? 500 : 200).end();
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    of: (version) => `http://${host}:${port}/${version}`,
    set: (version, isWell) => {
      if (isWell) ill.delete(version);
      else ill.add(version);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
