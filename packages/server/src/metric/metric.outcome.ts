/**
 * What reading a metric came to. Only `values` are figures, an empty list saying that nothing was added since the last reading; the others are neither success nor failure (edge cases 24 to 26):
 * `no_data` says that there are none, `invalid` that what is there is not what was asked for, `unavailable` that the source did not answer.
 */
export type MetricOutcome = { kind: "values"; values: number[] } | MetricProblem;

/** Why there are no figures: one sentence, without its end. */
export interface MetricProblem {
  kind: "no_data" | "invalid" | "unavailable";
  message: string;
}

/** Values of one reading that are taken; a source with more is asked for too much. */
export const MOST_VALUES = 10_000;

export const noData = (message: string): MetricProblem => ({ kind: "no_data", message });
export const invalid = (message: string): MetricProblem => ({ kind: "invalid", message });
export const unavailable = (message: string): MetricProblem => ({ kind: "unavailable", message });

/** Values that all are finite; an empty list is no data. */
export function valuesOf(values: number[], what: string): MetricOutcome {
  if (values.length === 0) return noData(`${what} is empty; values would end this`);
  if (values.length > MOST_VALUES)
    return invalid(`${what} has ${values.length} values; allowed: at most ${MOST_VALUES}`);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  return bad === -1
    ? { kind: "values", values }
    : invalid(`${what} has ${values[bad]} at place ${bad + 1}; allowed: finite numbers`);
}
