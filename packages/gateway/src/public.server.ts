import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Server as NetServer } from "node:net";
import type { Duplex } from "node:stream";
import { Callers } from "./proxy/fast/callers.ts";
import { GatewayResponse } from "./proxy/gateway.response.ts";
import { rawProblem } from "./proxy/problem.ts";
import { createPlainHandler, createProxyHandler } from "./proxy/proxy.handler.ts";
import { createUpgradeHandler, passesUpgrade } from "./proxy/upgrade.ts";
import type { RouteTable } from "./route/route.table.ts";

/** Headers of a request, all together, in bytes; more is answered 431. */
const MAX_HEADER_BYTES = 32_768;
/** A caller may take so long to send its headers, and keep a connection open between requests. */
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_LOOK_MS = 20;

export interface PublicServer {
  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number>;
  /** Accepts nothing more, lets what is under way finish, and cuts what is left after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
}

/**
 * The listener that callers reach. Connections begin on the fast path, which reads plain requests only; with the first
 * other one they are node:http's for good, whose strict parser decides about everything else: what it refuses goes no further.
 * `fast`: false leaves everything to node:http, which tests compare with.
 */
export function createPublicServer(table: RouteTable, fast = true): PublicServer {
  /** Sockets that speak another protocol by now, which the server does not know any more. */
  const joined = new Set<Duplex>();
  let draining = false;
  const proxy = createProxyHandler(table);
  const handle = (request: IncomingMessage, response: GatewayResponse): void => {
    if (draining) response.shouldKeepAlive = false;
    proxy(request, response);
  };

  const server: Server<typeof IncomingMessage, typeof GatewayResponse> = createServer(
    {
      ServerResponse: GatewayResponse,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A body may take as long as it keeps moving: the route's idle timeout watches over that.
      requestTimeout: 0,
      noDelay: true,
      insecureHTTPParser: false,
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: passesUpgrade,
    },
    handle,
  );
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    handle(request, response);
  });
  server.on("upgrade", createUpgradeHandler(table, joined));
  server.on("connect", (_request, socket) => {
    socket.on("error", () => socket.destroy());
    const detail = "This is not a forward proxy.";
    socket.end(rawProblem({ status: 405, title: "Method not allowed", detail }, "Method Not Allowed"));
  });
  server.on("clientError", answerClientError);
  const callers = fast ? takeFirst(server, table) : null;

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : port);
        });
      }),
    drain: (deadlineMs) =>
      new Promise((resolve) => {
        draining = true;
        callers?.drain();
        // Connections that fall idle only later are not closed by `close`, and would be waited for.
        const idle = setInterval(() => server.closeIdleConnections(), DRAIN_LOOK_MS);
        const cut = setTimeout(() => {
          for (const socket of joined) socket.destroy();
          callers?.destroy();
          server.closeAllConnections();
        }, deadlineMs);
        server.close(() => {
          clearTimeout(cut);
          clearInterval(idle);
          for (const socket of joined) socket.destroy();
          resolve();
        });
      }),
  };
}

/** Puts the fast path before node:http's own listener for connections, which gets what the fast path hands over. */
function takeFirst(server: NetServer, table: RouteTable): Callers {
  const listeners = server.listeners("connection");
  const callers = new Callers({
    firstMs: HEADERS_MS,
    keepAliveMs: KEEP_ALIVE_MS,
    serve: createPlainHandler(table),
    tooLate: (socket) => answerClientError({ name: "", message: "", code: "ERR_HTTP_REQUEST_TIMEOUT" }, socket),
    pass: (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    },
  });
  server.removeAllListeners("connection");
  server.on("connection", (socket) => callers.take(socket));
  return callers;
}

/** What the parser refused. A connection that is gone, or in the middle of an answer, is only closed. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex & { _httpMessage?: unknown }): void {
  if (error.code === "ECONNRESET" || !socket.writable || socket._httpMessage != null) {
    socket.destroy();
    return;
  }
  if (error.code === "HPE_HEADER_OVERFLOW") {
    const detail = `The request's headers are longer than ${MAX_HEADER_BYTES} bytes.`;
    socket.end(rawProblem({ status: 431, title: "Headers too large", detail }, "Request Header Fields Too Large"));
  } else if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const detail = "The request's headers did not come in time.";
    socket.end(rawProblem({ status: 408, title: "Timeout", detail }, "Request Timeout"));
  } else {
    const detail = "This is not a valid HTTP/1.1 request.";
    socket.end(rawProblem({ status: 400, title: "Bad request", detail }, "Bad Request"));
  }
}
