import { setTimeout as delay } from "node:timers/promises";
import type { MetricQuestion, MetricReading, MetricSourceReader } from "../metric/metric.source.ts";

/** Pauses before a source that gave no answer is asked once more (ms); then the reading has failed. */
const RETRY_MS = [200, 800];

/** Asks again, a few times with growing pauses, while the source is not available; whatever else it says stands (edge case 25). */
export async function readPatiently(
  reader: MetricSourceReader,
  question: MetricQuestion,
  signal: AbortSignal,
  pauses: readonly number[] = RETRY_MS,
): Promise<MetricReading> {
  let reading = await reader.read(question, signal);
  for (const pause of pauses) {
    if (reading.outcome.kind !== "unavailable") return reading;
    await delay(pause, undefined, { signal });
    reading = await reader.read(question, signal);
  }
  return reading;
}
