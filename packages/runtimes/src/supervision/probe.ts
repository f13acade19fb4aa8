import { request } from "node:http";
import { connect } from "node:net";
import type { HealthCheck } from "@sluice/core";
import type { ProbeResult } from "./instance.ts";

/** One look at an instance: an HTTP GET of the path, or a TCP connection when there is none. Never throws. */
export function probe(host: string, port: number, check: HealthCheck, signal: AbortSignal): Promise<ProbeResult> {
  const timeout = AbortSignal.timeout(Math.ceil(check.timeoutSeconds * 1_000));
  const either = AbortSignal.any([signal, timeout]);
  const where = `${host}:${port}`;
  const slow = `no answer from ${where} within ${check.timeoutSeconds} s`;
  const attempt = check.path === null ? connects(host, port, either) : answers(host, port, check.path, either);
  return attempt.then(
    (result) => result,
    (error: unknown) => ({ ok: false, reason: timeout.aborted ? slow : explain(error, where, check.path) }),
  );
}

function answers(host: string, port: number, path: string, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const headers = { connection: "close", "user-agent": "sluice-probe" };
    const outgoing = request({ host, port, path, signal, agent: false, headers }, (response) => {
      const status = response.statusCode ?? 0;
      response.on("error", () => undefined).destroy();
      if (status >= 200 && status < 400) resolve({ ok: true });
      else resolve({ ok: false, reason: `GET ${path} answered ${status}; 200 to 399 is needed` });
    });
    outgoing.once("error", reject);
    outgoing.once("close", () => reject(new Error("closed the connection without an answer")));
    outgoing.end();
  });
}

function connects(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("error", reject);
    socket.once("connect", () => {
      resolve({ ok: true });
      socket.destroy();
    });
  });
}

function explain(error: unknown, where: string, path: string | null): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED") return `nothing listens on ${where}; the program must listen on the port in PORT`;
  if (code.startsWith("HPE_")) return `GET ${path} answered something that is not HTTP (${code})`;
  if (code === "ECONNRESET" || code === "EPIPE") return `${where} broke the connection off`;
  return `${where}: ${error instanceof Error ? error.message : String(error)}`;
}
