import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type Dispatcher, Pool } from "undici";

/** The peer: undici behind node:http and nothing else, neither routes nor counts. First argument: the upstream's port. */
const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 64 });

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    delete headers.connection;
    delete headers["keep-alive"];
    delete headers["transfer-encoding"];
    this.#response.writeHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#response.write(chunk);
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(): void {
    if (!this.#response.headersSent) this.#response.writeHead(502);
    this.#response.end();
  }
}

const server = createServer((request, response) => {
  const { connection: _connection, "keep-alive": _keepAlive, ...headers } = request.headers;
  const body = request.method === "GET" ? null : request;
  pool.dispatch({ path: request.url ?? "/", method: request.method ?? "GET", headers, body }, new Relay(response));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
