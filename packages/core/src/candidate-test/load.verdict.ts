import type { TestOptions } from "./test-options.schema.ts";

/** What a load generator counted. */
export interface LoadFigures {
  seconds: number;
  connections: number;
  /** Requests whose outcome is known. */
  requests: number;
  /** Of them: answered below status 500 within `responseTimeThreshold`. */
  succeeded: number;
  /** Of them: answered with 500 or above, whenever. */
  serverErrors: number;
  /** Of them: answered below status 500, too late. */
  late: number;
  /** Of them: no answer (reset, refused, garbage, or none within the time that is waited). */
  unanswered: number;
  /** Milliseconds over everything answered; null without an answer. */
  latencyMs: { mean: number; p50: number; p95: number; p99: number; max: number } | null;
  /** Why the generator ended before its time; null when it did not. */
  stoppedEarly: string | null;
}

export interface LoadVerdict {
  passed: boolean;
  metrics: Record<string, number>;
  message: string;
}

type Thresholds = Pick<
  TestOptions,
  "concurrentUsers" | "responseTimeThreshold" | "successRateThreshold" | "throughputThreshold"
>;

/**
 * Few connections: is the candidate fast enough when nothing competes? The 95th percentile and the throughput decide. Errors
 * are no performance: the success rate must hold as under load, so that quick 500s do not pass.
 */
export function performanceVerdict(figures: LoadFigures, options: Thresholds): LoadVerdict {
  return verdict(figures, options, `${figures.connections} connections`, options.throughputThreshold);
}

/** Many users at once: success rate (below 500 and in time) and 95th percentile decide. */
export const loadVerdict = (figures: LoadFigures, options: Thresholds): LoadVerdict =>
  verdict(figures, options, `${figures.connections} concurrent users`, null);

function verdict(
  figures: LoadFigures,
  { responseTimeThreshold, successRateThreshold }: Thresholds,
  who: string,
  throughputThreshold: number | null,
): LoadVerdict {
  const { requests, seconds, latencyMs, stoppedEarly } = figures;
  const limitMs = responseTimeThreshold * 1_000;
  const answered = figures.requests - figures.unanswered;
  const requestsPerSecond = seconds > 0 ? answered / seconds : 0;
  const successRate = requests === 0 ? 0 : figures.succeeded / requests;
  const p95 = p95OfAll(figures);
  const problems = [
    ...(stoppedEarly === null ? [] : [`it was ended early: ${stoppedEarly}`]),
    ...(requests === 0 ? [`no answer at all within ${round(seconds)} s`] : []),
    ...(requests > 0 && successRate < successRateThreshold
      ? [`success rate ${percent(successRate)} is below ${percent(successRateThreshold)} (${failures(figures)})`]
      : []),
    ...(requests > 0 && p95 > limitMs ? [`p95 ${milliseconds(p95)} is above ${milliseconds(limitMs)}`] : []),
    ...(throughputThreshold !== null && requestsPerSecond < throughputThreshold
      ? [`${round(requestsPerSecond)} requests a second are fewer than ${throughputThreshold}`]
      : []),
  ];
  const seen = `${who} sent ${requests} requests in ${round(seconds)} s`;
  const throughput =
    throughputThreshold === null
      ? ""
      : `, ${round(requestsPerSecond)} requests a second (at least ${throughputThreshold})`;
  const message =
    problems.length === 0
      ? `${seen}: success rate ${percent(successRate)} (at least ${percent(successRateThreshold)}), p95 ${milliseconds(p95)} (at most ${milliseconds(limitMs)})${throughput}; any of these beyond its limit would have failed it.`
      : `${seen}: ${problems.join(", and ")}; it passes when that is within the limits.`;
  return {
    passed: problems.length === 0,
    metrics: {
      requests,
      succeeded: figures.succeeded,
      serverErrors: figures.serverErrors,
      late: figures.late,
      unanswered: figures.unanswered,
      successRate,
      requestsPerSecond: round(requestsPerSecond),
      connections: figures.connections,
      seconds: round(seconds),
      ...(latencyMs !== null && {
        meanMs: latencyMs.mean,
        p50Ms: latencyMs.p50,
        p95Ms: latencyMs.p95,
        p99Ms: latencyMs.p99,
        maxMs: latencyMs.max,
      }),
    },
    message,
  };
}

/** A request without an answer is slower than every other: with 5 % of them there is no 95th percentile below infinity. */
function p95OfAll({ requests, unanswered, latencyMs }: LoadFigures): number {
  if (latencyMs === null) return Number.POSITIVE_INFINITY;
  return unanswered > 0.05 * requests ? Number.POSITIVE_INFINITY : latencyMs.p95;
}

const failures = ({ serverErrors, late, unanswered }: LoadFigures): string =>
  [
    ...(serverErrors > 0 ? [`${serverErrors} answered 500 or above`] : []),
    ...(late > 0 ? [`${late} too late`] : []),
    ...(unanswered > 0 ? [`${unanswered} not answered`] : []),
  ].join(", ");

const round = (value: number): number => Math.round(value * 100) / 100;

/** Downwards, so that a rate just below its threshold never reads like the threshold. */
const percent = (share: number): string => `${Math.floor(share * 10_000 + 1e-9) / 100} %`;

const milliseconds = (value: number): string => (Number.isFinite(value) ? `${round(value)} ms` : "without an end");
