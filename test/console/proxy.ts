import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** What becomes of a request: it passes (after so many milliseconds), is answered with this status instead, or not at all. */
export type Fate = { delayMs: number } | { status: number } | "gone";

/** Stands between a browser and a server, and does to requests what networks and sick servers do. */
export interface TestProxy extends AsyncDisposable {
  readonly url: string;
  /** Decides for each request; default: everything passes at once. */
  fate: (method: string, path: string) => Fate | undefined;
  /** Requests that came, as `POST /v1/…`. */
  readonly seen: readonly string[];
  /** Breaks every connection that there is, as a server does that dies. */
  cut(): void;
}

/** @param target where the server is; asked for each request, since a server that starts anew may be elsewhere */
export async function startProxy(target: () => string): Promise<TestProxy> {
  const seen: string[] = [];
  const server = createServer((incoming, answer) => {
    const { method = "GET", url = "/" } = incoming;
    seen.push(`${method} ${url}`);
    void handle(proxy.fate(method, url), incoming, answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;

  async function handle(fate: Fate | undefined, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (fate === "gone") {
      answer.destroy();
      return;
    }
    if (fate !== undefined && "status" in fate) {
      incoming.resume();
      answer.writeHead(fate.status, { "content-type": "text/plain" }).end("out of order");
      return;
    }
    if (fate !== undefined) await delay(fate.delayMs);
    forward(incoming, answer);
  }

  function forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const upstream = new URL(target());
    const { host: _host, origin, ...headers } = incoming.headers;
    const sent = request(
      new URL(incoming.url ?? "/", upstream),
      {
        method: incoming.method,
        agent: false,
        headers: { ...headers, host: upstream.host, ...(origin !== undefined && { origin: upstream.origin }) },
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
        response.on("error", () => answer.destroy());
      },
    );
    // A server that is gone is gone for the browser, too.
    sent.on("error", () => answer.destroy());
    answer.on("close", () => sent.destroy());
    incoming.pipe(sent);
  }

  const proxy: TestProxy = {
    url: `http://127.0.0.1:${port}`,
    fate: () => undefined,
    seen,
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
