import type { MetricSource } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { invalid, type MetricOutcome, noData, unavailable } from "./metric.outcome.ts";
import type { MetricQuestion, MetricSourceReader } from "./metric.source.ts";
import { evaluationsSince, type ScoreCursor, scoresSince } from "./score.store.ts";

type Source = Extract<MetricSource, { type: "evaluations" }>;

/**
 * Scores of an arm: what evaluations of its version recorded under the metric's name, each evaluation a value, and scores of
 * live answers posted since the judging began. Without a dataset those of every one count.
 */
export function evaluationSource(source: Source, db: Db): MetricSourceReader {
  return {
    async read(question, signal) {
      const { cursor } = question;
      const known = parseCursor(question.single ? null : cursor);
      try {
        const [evaluations, live] = await Promise.all([
          evaluationsSince(db, { ...question, dataset: source.dataset ?? null, after: known.evaluation }),
          source.dataset === undefined
            ? scoresSince(db, { ...question, after: known.score })
            : { values: [], last: null },
        ]);
        signal.throwIfAborted();
        const values = [...evaluations.values, ...live.values];
        const next: ScoreCursor = {
          evaluation: evaluations.last ?? known.evaluation,
          score: live.last ?? known.score,
        };
        return { outcome: outcomeOf(values, question, cursor), cursor: JSON.stringify(next) };
      } catch (error) {
        signal.throwIfAborted();
        const why = error instanceof Error ? error.message.slice(0, 200) : "an error";
        return { outcome: unavailable(`evaluations cannot be read: ${why}`), cursor };
      }
    },
  };
}

function outcomeOf(values: number[], { metric, labels }: MetricQuestion, cursor: string | null): MetricOutcome {
  if (values.length === 0 && !hasRead(cursor)) {
    return noData(`no evaluation or score of version ${labels.version} has ${metric}; one would end this`);
  }
  const bad = values.find((value) => !Number.isFinite(value));
  return bad === undefined ? { kind: "values", values } : invalid(`${metric} is ${bad}; allowed: finite numbers`);
}

function hasRead(cursor: string | null): boolean {
  const { evaluation, score } = parseCursor(cursor);
  return evaluation !== "" || score > 0;
}

function parseCursor(cursor: string | null): ScoreCursor {
  if (cursor === null) return { evaluation: "", score: 0 };
  const { evaluation, score } = JSON.parse(cursor) as ScoreCursor;
  return { evaluation, score };
}
