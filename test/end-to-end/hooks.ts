import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A service that rollouts call between two steps; it is content with everything. */
export interface Hooks extends AsyncDisposable {
  readonly url: string;
  /** Ids of the calls, as they came: one that is made again has the same. */
  readonly called: readonly string[];
}

export async function answerHooks(): Promise<Hooks> {
  const called: string[] = [];
  const server = createServer((request, response) => {
    called.push(String(request.headers["webhook-id"]));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    called,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
