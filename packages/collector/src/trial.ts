import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** How long after its start a collector may be found broken by its figures; later they are only shown. */
export const TRIAL_MS = 60_000;
/** How long a bad verdict stands: the same collector, started again, ends at once, and the revision counts as broken. */
const STANDS_MS = 300_000;
/** Data points below which a rate says little. */
const FEWEST = 20;

interface Flow {
  attempted: number;
  failed: number;
  stuck: string | null;
}

/** Why a collector on trial is broken; null while it is not. */
export function trialVerdict({ attempted, failed, stuck }: Flow, maxErrorRate: number): string | null {
  if (stuck !== null && maxErrorRate < 1) return `nothing leaves the collector by its exporter ${stuck}`;
  if (attempted < FEWEST || failed / attempted <= maxErrorRate) return null;
  const rate = Number((failed / attempted).toPrecision(3));
  return `${failed} of ${attempted} data points failed: an error rate of ${rate}, allowed ${maxErrorRate} (max_error_rate)`;
}

const verdictSchema = z.object({ reason: z.string(), at: z.number() });
const fileOf = (folder: string): string => join(folder, "verdict.json");

/** What an earlier start of the same instance was found to be; null when nothing stands against it. */
export async function earlierVerdict(folder: string, now: number): Promise<string | null> {
  const text = await readFile(fileOf(folder), "utf8").catch(() => null);
  if (text === null) return null;
  const verdict = verdictSchema.safeParse(JSON.parse(text)).data;
  return verdict !== undefined && now - verdict.at < STANDS_MS ? verdict.reason : null;
}

export const keepVerdict = (folder: string, reason: string, at: number): Promise<void> =>
  writeFile(fileOf(folder), JSON.stringify({ reason, at }));
