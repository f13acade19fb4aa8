import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

interface FrontOptions {
  bind: string;
  /** 0: any that is free. */
  port: number;
  registry: Registry;
  /** What is still missing; empty: ready. */
  missing(): readonly string[];
}

export interface Front {
  port: number;
  close(): Promise<void>;
}

/** `/healthz`, `/readyz` and `/metrics`. */
export async function openFront({ bind, port, registry, missing }: FrontOptions): Promise<Front> {
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const type = "text/plain; charset=utf-8";
    if (path === "/healthz") return { status: 200, type, body: "ok\n" };
    if (path === "/metrics") return { status: 200, type: registry.contentType, body: await registry.metrics() };
    if (path !== "/readyz") return { status: 404, type, body: "one of /healthz, /readyz, /metrics\n" };
    const lacks = missing();
    return lacks.length === 0
      ? { status: 200, type, body: "ok\n" }
      : { status: 503, type, body: `not read yet: ${lacks.join(", ")}\n` };
  };
  const server = createServer((request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?");
    answer(path).then(
      ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, bind, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
