import { execFile } from "node:child_process";
import { promisify } from "node:util";
import autocannon from "autocannon";
import { isInstalled } from "./processes.ts";

/** Keep-alive, of every load. */
export const CONNECTIONS = 32;

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
