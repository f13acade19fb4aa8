import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { CONNECTIONS } from "./load.ts";
import { isInstalled, temporary } from "./processes.ts";

/** Between one connection's start and the next: begun together, all would send in the same instant, again and again. Milliseconds. */
const STAGGER = 11;

/** h2load leaves the processor to what is measured; without it the requests are sent from here, which takes as much as a proxy does. */
export const pacer = isInstalled("h2load") ? "h2load" : "node:net";

/**
 * `rate` requests a second over 32 keep-alive connections, whether or not answers come: a request that finds no free
 * connection waits, and its waiting counts (no coordinated omission). Answers latencies in milliseconds.
 * @param endOfAnswer what every answer ends with
 */
export const pace = (port: number, rate: number, seconds: number, endOfAnswer: string): Promise<number[]> =>
  pacer === "h2load" ? paceByH2load(port, rate, seconds) : paceFromHere(port, rate, seconds, endOfAnswer);

async function paceByH2load(port: number, rate: number, seconds: number): Promise<number[]> {
  const folder = temporary("pace");
  const log = join(folder, "requests.log");
  const each = Math.max(1, Math.round(rate / CONNECTIONS));
  await promisify(execFile)("h2load", [
    ...["--h1", "--threads=1", `--clients=${CONNECTIONS}`, "--rate=1", `--rate-period=${STAGGER}ms`],
    ...[`--rps=${each}`, `--requests=${Math.round(rate * seconds)}`, `--log-file=${log}`, `http://127.0.0.1:${port}/`],
  ]);
  const rows = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((row) => row.split("\t").map(Number));
  rmSync(folder, { recursive: true });
  const failed = rows.filter(([, status]) => status !== 200).length;
  if (failed > 0) throw new Error(`port ${port}: ${failed} of ${rows.length} requests went wrong`);
  return rows.flatMap(([, , microseconds = 0]) => withWaiting(microseconds / 1_000, 1_000 / each));
}

/**
 * A connection that is busy sends nothing: those that were due meanwhile would have waited for what was left of it. The correction of
 * HdrHistogram (`recordValueWithExpectedInterval`). Milliseconds.
 */
export function withWaiting(latency: number, interval: number): number[] {
  const waited = Math.max(0, Math.ceil(latency / interval) - 1);
  return Array.from({ length: waited + 1 }, (_, index) => latency - index * interval);
}

async function paceFromHere(port: number, rate: number, seconds: number, endOfAnswer: string): Promise<number[]> {
  const request = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
  const latencies: number[] = [];
  const waiting: number[] = [];
  const free: (() => void)[] = [];
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let since = 0;
    let text = "";
    const send = (): void => {
      const due = waiting.shift();
      if (due === undefined) {
        free.push(send);
        return;
      }
      since = due;
      socket.write(request);
    };
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (!text.endsWith(endOfAnswer)) return;
      text = "";
      latencies.push(performance.now() - since);
      send();
    });
    socket.once("connect", send);
    return socket;
  });
  const startedAt = performance.now();
  let issued = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor(((now - startedAt) / 1_000) * rate);
      for (; issued < due; issued += 1) {
        waiting.push(now);
        free.shift()?.();
      }
      if (now - startedAt < seconds * 1_000) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  for (const socket of sockets) socket.destroy();
  return latencies;
}
