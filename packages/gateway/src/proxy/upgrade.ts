import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Upstream } from "../endpoint/upstream.ts";
import type { RouteTable } from "../route/route.table.ts";
import { failureOf } from "./failure.ts";
import { Measurement } from "./measure.ts";
import { NO_INSTANCE, rawProblem } from "./problem.ts";
import { type Destination, directRequest, incomingOf } from "./proxy.handler.ts";
import { flatHeaders, responseHeaders } from "./response.head.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** What upgrades are passed on: all but HTTP/2, which would carry requests past the routes. */
export function passesUpgrade({ headers }: IncomingMessage): boolean {
  const protocol = (headers.upgrade ?? "").toLowerCase();
  return protocol !== "" && !protocol.split(",").some((name) => name.trim().startsWith("h2"));
}

/**
 * The listener for `upgrade`: passes the handshake on, and once the instance agrees joins the two sockets. The handshake
 * is measured like any request; what follows on the sockets is counted as bytes in flight until one side ends.
 */
export function createUpgradeHandler(table: RouteTable, joined: Set<Duplex>) {
  return (request: IncomingMessage, socket: Duplex, early: Buffer): void => {
    socket.on("error", () => socket.destroy());
    const found = directRequest(table, incomingOf(request));
    if ("status" in found) {
      refuse(socket, found);
      return;
    }
    const upstream = found.arm.pick(null);
    if (upstream === null) {
      refuse(socket, NO_INSTANCE);
      return;
    }
    passOn({ request, socket, early, found, upstream, joined });
  };
}

interface Handshake {
  request: IncomingMessage;
  socket: Duplex;
  early: Buffer;
  found: Destination;
  upstream: Upstream;
  joined: Set<Duplex>;
}

function passOn({ request, socket, early, found, upstream, joined }: Handshake): void {
  const { arm, route, head, path, chosen, cookie } = found;
  const { timeouts } = route.config;
  const measurement = new Measurement(arm, true, chosen, upstream.warm);
  upstream.inFlight += 1;
  let connected = false;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    upstream.inFlight -= 1;
    joined.delete(socket);
  };

  const handshake = httpRequest({
    host: upstream.host,
    port: upstream.port,
    method: request.method,
    path,
    headers: [...head.headers, ...arm.identity, "connection", "upgrade", "upgrade", request.headers.upgrade ?? ""],
    agent: false,
  });
  const deadline = setTimeout(() => {
    handshake.destroy(Object.assign(new Error("no answer in time"), { code: "UND_ERR_HEADERS_TIMEOUT" }));
  }, timeouts.connectMs + timeouts.responseMs);
  joined.add(socket);

  socket.once("close", () => {
    clearTimeout(deadline);
    measurement.aborted();
    handshake.destroy();
    release();
  });
  handshake.once("socket", (upstreamSocket) => {
    upstreamSocket.once("connect", () => {
      connected = true;
    });
  });
  handshake.once("error", (error) => {
    clearTimeout(deadline);
    if (measurement.ended) return;
    const failure = failureOf(error, connected);
    measurement.answered();
    measurement.completed(0);
    upstream.failed(failure.refused);
    refuse(socket, failure.problem);
  });
  const answered = (status: number): void => {
    clearTimeout(deadline);
    upstream.answered();
    measurement.answered();
    measurement.completed(status);
  };

  handshake.once("upgrade", (response, instance, first) => {
    answered(response.statusCode ?? 101);
    instance.on("error", () => instance.destroy());
    const headers = responseHeaders(flatHeaders(response.headers), arm.label);
    headers.push("connection", "upgrade", "upgrade", response.headers.upgrade ?? "");
    if (cookie !== null) headers.push("set-cookie", cookie);
    socket.write(headText(101, "Switching Protocols", headers));
    if (first.length > 0) socket.write(first);
    if (early.length > 0) instance.write(early);
    instance.on("data", (chunk: Buffer) => {
      arm.counters.bytesOut += chunk.length;
    });
    socket.on("data", (chunk: Buffer) => {
      arm.counters.bytesIn += chunk.length;
    });
    socket.pipe(instance).pipe(socket);
    socket.once("close", () => instance.destroy());
    instance.once("close", () => socket.destroy());
  });
  // The instance declines: its answer is passed on, and the connection closed, for its state is nobody's any more.
  handshake.once("response", (response) => {
    answered(response.statusCode ?? 502);
    const headers = responseHeaders(flatHeaders(response.headers), arm.label);
    headers.push("connection", "close");
    socket.write(headText(response.statusCode ?? 502, response.statusMessage ?? "", headers));
    response.on("error", () => socket.destroy());
    response.pipe(socket);
  });
  handshake.end();
}

function refuse(socket: Duplex, problem: { status: number; title: string; detail: string }): void {
  if (socket.writable) socket.end(rawProblem(problem, REASONS[problem.status] ?? "Error"));
}

function headText(status: number, reason: string, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
}
