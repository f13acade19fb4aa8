import { execFile } from "node:child_process";
import { connect } from "node:net";
import { promisify } from "node:util";
import autocannon from "autocannon";
import { isInstalled } from "./processes.ts";

const CONNECTIONS = 32;

export const loader = isInstalled("wrk") ? "wrk" : "autocannon";

export interface Asked {
  path?: string;
  headers?: Record<string, string>;
}

/** As many requests as 32 keep-alive connections can make. Answers how many there were, and seconds. */
export async function saturate(
  port: number,
  seconds: number,
  { path = "/", headers = {} }: Asked = {},
): Promise<{ requests: number; seconds: number }> {
  const url = `http://127.0.0.1:${port}${path}`;
  if (loader === "autocannon") {
    const result = await autocannon({ url, headers, connections: CONNECTIONS, duration: seconds });
    if (result.non2xx + result.errors > 0) throw new Error(`${url}: ${result.non2xx + result.errors} went wrong`);
    return { requests: result.requests.total, seconds: result.duration };
  }
  const flags = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const { stdout } = await promisify(execFile)("wrk", ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, ...flags, url]);
  const found = /(\d+) requests in ([\d.]+)(m?s)/.exec(stdout);
  if (found === null) throw new Error(`wrk said something new:\n${stdout}`);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`there were errors:\n${stdout}`);
  return { requests: Number(found[1]), seconds: Number(found[2]) / (found[3] === "ms" ? 1_000 : 1) };
}

/**
 * `rate` requests a second over 32 keep-alive connections, whether or not answers come: a request that finds no free
 * connection waits, and its waiting counts (no coordinated omission). Answers latencies in milliseconds.
 */
export async function pace(port: number, rate: number, seconds: number, endOfAnswer: string): Promise<number[]> {
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
