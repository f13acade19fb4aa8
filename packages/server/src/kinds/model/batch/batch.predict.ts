import { setTimeout as sleep } from "node:timers/promises";
import type { BatchRecord } from "./batch.records.ts";

/** A line of the output. */
export type BatchResult = { line: number; prediction: unknown } | { line: number; error: string };

interface Asking {
  /** Of the deployment's predictions. */
  url: string;
  batchSize: number;
  concurrency: number;
  signal: AbortSignal;
}

/** Milliseconds between attempts: what passes by itself (an instance that is replaced, a full queue) passes in this time. */
const PAUSES = [100, 250, 500, 1_000, 2_000, 4_000, 8_000];
/** For one request. */
const PATIENCE = 120_000;

interface Line {
  line: number;
  record: BatchRecord;
}

/** A result for each line, in their order. Throws only when the signal aborts. */
export async function predictLines(lines: readonly Line[], asking: Asking): Promise<BatchResult[]> {
  const groups = Array.from({ length: Math.ceil(lines.length / asking.batchSize) }, (_, index) =>
    lines.slice(index * asking.batchSize, (index + 1) * asking.batchSize),
  );
  const results: BatchResult[][] = groups.map(() => []);
  const pending = groups.entries();
  const work = async (): Promise<void> => {
    for (const [index, group] of pending) results[index] = await predictGroup(group, asking);
  };
  await Promise.all(Array.from({ length: asking.concurrency }, work));
  return results.flat();
}

/** Together; where the model refuses them together, one by one, so that each line gets its own reason. */
async function predictGroup(group: readonly Line[], asking: Asking): Promise<BatchResult[]> {
  const good = group.flatMap(({ line, record }) => ("instance" in record ? [{ line, instance: record.instance }] : []));
  const results = new Map<number, BatchResult>();
  const answer =
    good.length === 0
      ? []
      : await ask(
          good.map(({ instance }) => instance),
          asking,
        );
  for (const [index, { line, instance }] of good.entries()) {
    if (typeof answer !== "string") results.set(line, { line, prediction: answer[index] ?? null });
    else if (good.length === 1) results.set(line, { line, error: answer });
    else {
      const alone = await ask([instance], asking);
      results.set(line, typeof alone === "string" ? { line, error: alone } : { line, prediction: alone[0] ?? null });
    }
  }
  return group.map(
    ({ line, record }) => results.get(line) ?? { line, error: "error" in record ? record.error : "no answer" },
  );
}

/** The predictions, or why there are none. */
async function ask(instances: readonly unknown[], { url, signal }: Asking): Promise<unknown[] | string> {
  let reason = "";
  for (const pause of [...PAUSES, null]) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(`${url}/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ instances }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
      });
      const text = await answer.text();
      if (answer.ok) return predictionsOf(text, instances.length);
      reason = `the model answered ${answer.status}: ${errorOf(text)}`;
      // A caller's fault stays one; a route that is not there yet, a full queue and what broke may pass.
      if (answer.status < 500 && answer.status !== 404 && answer.status !== 429) return reason;
    } catch (error) {
      signal.throwIfAborted();
      reason = `the model cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (pause !== null) await sleep(pause, undefined, { signal });
  }
  return reason;
}

function predictionsOf(text: string, count: number): unknown[] | string {
  const body = parsed(text);
  if (typeof body === "object" && body !== null && "predictions" in body && Array.isArray(body.predictions)) {
    if (body.predictions.length === count) return body.predictions;
  }
  return `the model did not answer ${count} predictions`;
}

function errorOf(text: string): string {
  const body = parsed(text);
  if (typeof body === "object" && body !== null) {
    if ("error" in body && typeof body.error === "string") return body.error;
    if ("detail" in body && typeof body.detail === "string") return body.detail;
  }
  return text.slice(0, 200);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
