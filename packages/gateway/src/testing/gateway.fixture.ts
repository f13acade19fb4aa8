import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import type { RevisionStats } from "@sluice/core";
import { pino } from "pino";
import { Agent, type Dispatcher, request } from "undici";
import { onTestFinished } from "vitest";
import { createGateway, type Gateway } from "../gateway.ts";

export interface TestInstance {
  port: number;
  /** Requests seen so far. */
  readonly requests: number;
  /** Stops listening and cuts every connection, as `kill -9` does. */
  kill(): Promise<void>;
}

/** A real HTTP server on a free port, closed when the test ends. */
export async function startInstance(listener: RequestListener, port = 0): Promise<TestInstance> {
  let requests = 0;
  const server = createServer((incoming, response) => {
    requests += 1;
    listener(incoming, response);
  });
  return {
    ...(await listening(server, port)),
    get requests() {
      return requests;
    },
  };
}

/** An instance that answers every request with `text`, and tells nothing else. */
export const startTextInstance = (text: string, port = 0): Promise<TestInstance> =>
  startInstance((incoming, response) => {
    incoming.resume();
    response.end(text);
  }, port);

/** A server that speaks whatever `onConnection` says. */
export async function startRawInstance(
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; kill(): Promise<void> }> {
  return listening(
    createTcpServer((socket) => {
      socket.on("error", () => socket.destroy());
      onConnection(socket);
    }),
  );
}

async function listening(server: Server | ReturnType<typeof createTcpServer>, port = 0) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(kill);
  return { port: typeof address === "object" && address !== null ? address.port : 0, kill };
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const { port, kill } = await listening(createTcpServer());
  await kill();
  return port;
}

export interface Answer {
  status: number;
  headers: Dispatcher.ResponseData["headers"];
  text: string;
  /** What `X-Sluice-Revision` says; null when the gateway itself answered. */
  revision: number | null;
}

export interface TestGateway {
  gateway: Gateway;
  port: number;
  url: string;
  get(path?: string, options?: Partial<Dispatcher.RequestOptions>): Promise<Answer>;
  /** Counters of a revision of `dep_1`. */
  stats(revision: number): RevisionStats | undefined;
}

/** A gateway in this process on a free port, with nothing on disk unless `dataDir` is given. */
export async function startGateway(dataDir: string | null = null, fast = true): Promise<TestGateway> {
  const gateway = createGateway({
    dataDir,
    bind: "127.0.0.1",
    port: 0,
    name: "test",
    logger: pino({ level: "silent" }),
    fast,
  });
  const port = await gateway.listen();
  const agent = new Agent({ connections: 64 });
  onTestFinished(async () => {
    await agent.destroy();
    await gateway.close(0);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    gateway,
    port,
    url,
    async get(path = "/", options = {}) {
      const { statusCode, headers, body } = await request(url + path, { ...options, dispatcher: agent });
      const revision = headers["x-sluice-revision"];
      return {
        status: statusCode,
        headers,
        text: await body.text(),
        revision: revision === undefined ? null : Number(revision),
      };
    },
    stats: (revision) =>
      gateway
        .snapshot()
        .routes.find(({ id }) => id === "dep_1")
        ?.stats.find((stats) => stats.revision === revision),
  };
}

/** Sends bytes as they are and resolves with all that came back until the connection closed, or `until` was seen. */
export async function sendRaw(port: number, bytes: string | Buffer, until?: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (until !== undefined && text.includes(until)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.write(bytes);
  });
  return text;
}

/** The whole body of an incoming request. */
export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
