import type { Answer } from "@sluice/client";

export type SeriesPoint = Answer<"getRolloutSeries", 200>["points"][number];

/** Columns as uPlot takes them: seconds since 1970 first, then one column for every line; null where nothing was measured. */
export type Columns = [number[], ...(number | null)[][]];

const seconds = (points: readonly SeriesPoint[]): number[] => points.map(({ at }) => Date.parse(at) / 1_000);

const perSecond = (value: number, { seconds: took }: SeriesPoint): number => (took > 0 ? value / took : 0);

export const weightColumns = (points: readonly SeriesPoint[]): Columns => [
  seconds(points),
  points.map(({ weight }) => weight),
];

export const requestColumns = (points: readonly SeriesPoint[]): Columns => [
  seconds(points),
  points.map((point) => perSecond(point.stable.requests, point)),
  points.map((point) => perSecond(point.candidate.requests, point)),
];

/** Percent of the requests between two points. */
export const errorColumns = (points: readonly SeriesPoint[]): Columns => [
  seconds(points),
  points.map(({ stable }) => failing(stable)),
  points.map(({ candidate }) => failing(candidate)),
];

const failing = ({ requests, errors }: SeriesPoint["stable"]): number | null =>
  requests === 0 ? null : (100 * errors) / requests;

export const latencyColumns = (points: readonly SeriesPoint[], quantile: "p50" | "p95" | "p99"): Columns => [
  seconds(points),
  points.map(({ stable }) => stable.latencyMs?.[quantile] ?? null),
  points.map(({ candidate }) => candidate.latencyMs?.[quantile] ?? null),
];

/** The guard's and the judge's e-values. A curve on a logarithmic scale has no place for 0. */
export const evidenceColumns = (points: readonly SeriesPoint[]): Columns => [
  seconds(points),
  points.map(({ evidence }) => above(evidence.guard)),
  points.map(({ evidence }) => above(evidence.judge)),
];

const LEAST_EVIDENCE = 0.001;
const above = (value: number | null): number | null => (value === null ? null : Math.max(LEAST_EVIDENCE, value));

/** Moments at which the candidate's share changed, with the share from then on. */
export function weightChanges(points: readonly SeriesPoint[]): { at: number; weight: number }[] {
  return points.flatMap(({ at, weight }, index) =>
    index > 0 && points[index - 1]?.weight !== weight ? [{ at: Date.parse(at) / 1_000, weight }] : [],
  );
}

/** What is known already, and what has come since: each point once, oldest first. */
export function joined(known: readonly SeriesPoint[], fresh: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const last = known.at(-1)?.at ?? "";
  const news = fresh.filter(({ at }) => at > last);
  return news.length === 0 ? known : [...known, ...news];
}

/** What both arms did over the last so many seconds, for figures beside the plots. */
export function recent(
  points: readonly SeriesPoint[],
  withinSeconds: number,
): Record<"stable" | "candidate", { rate: number | null; errors: number | null }> {
  const end = Date.parse(points.at(-1)?.at ?? "") / 1_000;
  const window = points.filter(({ at }) => Date.parse(at) / 1_000 > end - withinSeconds);
  const took = window.reduce((sum, point) => sum + point.seconds, 0);
  const of = (arm: "stable" | "candidate") => {
    const requests = window.reduce((sum, point) => sum + point[arm].requests, 0);
    const errors = window.reduce((sum, point) => sum + point[arm].errors, 0);
    return { rate: took > 0 ? requests / took : null, errors: requests > 0 ? errors / requests : null };
  };
  return { stable: of("stable"), candidate: of("candidate") };
}
