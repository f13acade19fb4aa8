import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import type { RunningContainer } from "./container.ts";
import type { Container, HttpGet, Probe } from "./pod.types.ts";
import { wordsFor } from "./probe.words.ts";

export interface ProbeState {
  /** Null before a threshold was reached for the first time. */
  isOk: boolean | null;
  /** Results in a row, all alike. */
  inARow: number;
  last: boolean | null;
}

export const UNPROBED: ProbeState = { isOk: null, inARow: 0, last: null };

/** The state after one more result, by the probe's thresholds. */
export function probed(
  state: ProbeState,
  result: boolean,
  { successThreshold = 1, failureThreshold = 3 }: Probe,
): ProbeState {
  const inARow = state.last === result ? state.inARow + 1 : 1;
  const isReached = inARow >= (result ? successThreshold : failureThreshold);
  return { isOk: isReached ? result : state.isOk, inARow, last: result };
}

export interface ProbeTarget {
  address: string;
  container: Container;
  execute: RunningContainer["execute"];
}

/**
 * Probes at the probe's period until the signal. `change` hears when a threshold is reached, with the last failure's
 * text; `fail` hears of each failure.
 */
export async function probe(
  settings: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
  change: (isOk: boolean, reason: string) => void,
  fail: (reason: string) => void,
): Promise<void> {
  let state = UNPROBED;
  try {
    await delay((settings.initialDelaySeconds ?? 0) * 1_000, undefined, { signal });
    for (;;) {
      const problem = await probeOnce(settings, target);
      if (signal.aborted) return;
      if (problem !== null) fail(problem);
      const next = probed(state, problem === null, settings);
      if (next.isOk !== null && next.isOk !== state.isOk) change(next.isOk, problem ?? "");
      state = next;
      await delay((settings.periodSeconds ?? 10) * 1_000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Null when it went well, otherwise what a kubelet says. */
export function probeOnce(settings: Probe, target: ProbeTarget): Promise<string | null> {
  const timeoutMs = (settings.timeoutSeconds ?? 1) * 1_000;
  if (settings.exec) return target.execute(settings.exec.command, timeoutMs);
  if (settings.tcpSocket) return connects(target.address, portOf(settings.tcpSocket.port, target.container), timeoutMs);
  if (settings.httpGet) return answers(settings.httpGet, target, timeoutMs);
  return Promise.resolve("the pod runner knows httpGet, tcpSocket and exec probes");
}

function portOf(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? 0;
}

const agent = new Agent({ pipelining: 0, connect: { rejectUnauthorized: false } });

async function answers(get: HttpGet, { address, container }: ProbeTarget, timeoutMs: number): Promise<string | null> {
  const host = `${get.host ?? address}:${portOf(get.port, container)}`;
  const url = `http://${host}${get.path ?? "/"}`;
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  try {
    const answer = await request(url, { dispatcher: agent, headers, signal: AbortSignal.timeout(timeoutMs) });
    await answer.body.dump();
    const { statusCode } = answer;
    return statusCode >= 200 && statusCode < 400 ? null : `HTTP probe failed with statuscode: ${statusCode}`;
  } catch (error) {
    return `Get "${url}": ${wordsFor(error, host)}`;
  }
}

function connects(address: string, port: number, timeoutMs: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ host: address, port, timeout: timeoutMs });
  socket.once("connect", () => resolve(null));
  socket.once("error", (error) => resolve(wordsFor(error, `${address}:${port}`)));
  socket.once("timeout", () => resolve(`dial tcp ${address}:${port}: i/o timeout`));
  return promise.finally(() => socket.destroy());
}

/** Asks a container's preStop handler over HTTP; its answer does not matter, as for a kubelet. */
export async function callHook(get: HttpGet, address: string, container: Container, timeoutMs: number): Promise<void> {
  const url = `http://${get.host ?? address}:${portOf(get.port, container)}${get.path ?? "/"}`;
  const signal = AbortSignal.timeout(timeoutMs);
  await request(url, { dispatcher: agent, signal }).then(
    ({ body }) => body.dump(),
    () => undefined,
  );
}
