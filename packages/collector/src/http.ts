import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface Answer {
  status: number;
  type?: string | undefined;
  body?: string | Buffer;
}

type Handle = (request: IncomingMessage, path: string) => Promise<Answer>;

/** Bytes of one message. */
const MOST = 67_108_864;
const HOST = "127.0.0.1";

interface Address {
  host?: string;
  port?: number;
}

export interface Listening {
  port: number;
  /** Takes no more and ends when what was taken is answered. */
  close(): Promise<void>;
}

/** A small server, of this machine alone unless it is told otherwise. `port` 0: any that is free. */
export async function listen({ host = HOST, port = 0 }: Address, handle: Handle): Promise<Listening> {
  let closing = false;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", `http://${HOST}`).pathname;
    handle(request, path).then(
      (answer) => send(response, answer, closing),
      (error: unknown) =>
        send(response, { status: 500, body: `${error instanceof Error ? error.message : String(error)}\n` }, closing),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        closing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function send(
  response: ServerResponse,
  { status, type = "text/plain; charset=utf-8", body = "" }: Answer,
  last: boolean,
) {
  response.writeHead(status, { "content-type": type, ...(last && { connection: "close" }) }).end(body);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});

/** Null when the message is too long. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    length += part.length;
    if (length > MOST) return null;
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = await listen({}, async () => ({ status: 503 }));
  await server.close();
  return server.port;
}
