import { namesProcess } from "@sluice/core/pipeline";
import { bodyOf, json, type Listening, listen } from "./http.ts";
import { Output } from "./output.ts";
import { pointsOf } from "./points.ts";
import { ProcessRanking } from "./ranking.ts";
import type { RevisionFile } from "./settings.ts";

/** A series that brings nothing for three measurements, and for a minute at least, is gone. */
const keepMs = (intervalSeconds: number): number => Math.max(60, intervalSeconds * 3) * 1_000;

export interface Sink extends Listening {
  readonly output: Output;
  /** Programs that pass now; null: the pipeline does not choose. */
  readonly programs: readonly string[] | null;
}

/**
 * Where the collector tells what left its pipeline and, for pipelines that choose, what all processes do. `onChoice` is
 * called when other programs are to pass than before.
 */
export async function openSink(revision: RevisionFile, onChoice: () => void): Promise<Sink> {
  const { selection, intervalSeconds } = revision;
  const output = new Output(keepMs(intervalSeconds));
  const ranking = selection === null ? null : new ProcessRanking(selection);
  // Before anything was observed only critical programs can be told.
  let programs: readonly string[] | null = selection?.always ?? null;
  let chosenAt: number | null = null;

  const choose = (now: number): void => {
    if (ranking === null || selection === null || !ranking.hasObserved) return;
    if (chosenAt !== null && now - chosenAt < selection.refreshSeconds * 1_000) return;
    chosenAt = now;
    // Critical programs pass also when they were not seen yet.
    const chosen = [...new Set([...selection.always, ...ranking.choose(now, keepMs(intervalSeconds))])].toSorted();
    if (JSON.stringify(chosen) === JSON.stringify(programs?.toSorted())) return;
    programs = chosen;
    output.keepOnly((program) => namesProcess(chosen, program));
    onChoice();
  };

  const listening = await listen({}, async (request, path) => {
    const body = await bodyOf(request);
    if (body === null) return { status: 413 };
    const now = Date.now();
    const message: unknown = JSON.parse(body.toString("utf8"));
    if (path === "/output/v1/metrics") output.add(pointsOf(message), now);
    else if (path === "/observed/v1/metrics") {
      ranking?.observe(pointsOf(message), now);
      choose(now);
    } else return { status: 404 };
    return json({});
  });
  return {
    ...listening,
    output,
    get programs() {
      return programs;
    },
  };
}
