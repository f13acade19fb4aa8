import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  headers: IncomingHttpHeaders;
  /** As it came: signatures are of bytes. */
  text: string;
  body: Record<string, unknown>;
}

export interface TestReceiver {
  url: string;
  received: Received[];
  /** How the next requests are answered; each answer serves once, after the last one 204 again. */
  answers(...answers: ((response: ServerResponse) => void)[]): void;
  close(): Promise<void>;
}

/** A real HTTP server that keeps what it is told. */
export async function startReceiver(): Promise<TestReceiver> {
  const received: Received[] = [];
  const waiting: ((response: ServerResponse) => void)[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    received.push({ headers: request.headers, text: body, body: JSON.parse(body) });
    const answer = waiting.shift();
    if (answer === undefined) response.writeHead(204).end();
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks/sluice`,
    received,
    answers: (...answers) => void waiting.push(...answers),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const answering =
  (status: number, headers: Record<string, string> = {}, body = "") =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
