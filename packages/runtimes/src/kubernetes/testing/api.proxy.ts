import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { Agent, request as send } from "undici";
import type { ClusterAccess } from "../../../../../test/kubernetes/access.ts";

/** What happens to a request instead of reaching the API server; null: it reaches it. */
export type Mishap = { status: number; retryAfter?: number; message: string } | "reset" | "silence" | null;

/** Stands between a client and an API server, for the days on which that does not answer as it should. */
export interface ApiProxy extends AsyncDisposable {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** Decides about every request from now on. */
  mishap: (method: string, path: string) => Mishap;
  /** Cuts every connection, as a server that dies does. */
  cut(): void;
}

export async function startApiProxy(access: ClusterAccess): Promise<ApiProxy> {
  const agent = new Agent({ connect: { ca: access.ca }, bodyTimeout: 0, headersTimeout: 0 });
  const sockets = new Set<Socket>();
  let mishap: ApiProxy["mishap"] = () => null;

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { host: _, connection: __, ...headers } = incoming.headers;
    const answer = await send(`${access.url}${incoming.url}`, {
      method: (incoming.method ?? "GET") as "GET",
      dispatcher: agent,
      headers: { ...headers, authorization: `Bearer ${access.tokens.admin}` },
      body: incoming.method === "GET" ? null : incoming,
      signal: gone.signal,
    });
    response.writeHead(answer.statusCode, { "content-type": String(answer.headers["content-type"]) });
    response.flushHeaders();
    await pipeline(answer.body, response);
  };

  const server = createServer((incoming, response) => {
    const what = mishap(incoming.method ?? "", incoming.url ?? "");
    if (what === "silence") return;
    if (what === "reset") return void incoming.socket.destroy();
    if (what !== null) {
      const after = what.retryAfter === undefined ? {} : { "retry-after": String(what.retryAfter) };
      response.writeHead(what.status, { "content-type": "application/json", ...after });
      return void response.end(JSON.stringify({ kind: "Status", code: what.status, message: what.message }));
    }
    pass(incoming, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const { port } = server.address() as AddressInfo;
  const kubeconfig = await access.kubeconfigFor({ user: "admin" });
  const content: { clusters: { cluster: object }[] } = JSON.parse(await readFile(kubeconfig, "utf8"));
  for (const one of content.clusters)
    one.cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  await writeFile(kubeconfig, JSON.stringify(content));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kubeconfig,
    cut,
    get mishap() {
      return mishap;
    },
    set mishap(decide) {
      mishap = decide;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await agent.destroy();
    },
  };
}
