/** What became of one line of a dataset. */
export interface Sample {
  score: number;
  passed: boolean;
  /** The line has no score: no answer that could be scored, after all attempts. */
  error: boolean;
  /** Milliseconds until the whole answer; null when there was none. */
  latencyMs: number | null;
  costUsd: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
}

export interface EvaluationSummary {
  sampleCount: number;
  errors: number;
  /** By the names that gates know. */
  metrics: Record<string, number>;
}

export interface Summarising {
  add(sample: Sample): void;
  summary(): EvaluationSummary;
}

/** Each bin's upper edge is so much above its lower one: a percentile is exact to one percent, upwards. */
const GROWTH = Math.log(1.01);

/**
 * Sums samples up in constant memory. `score` is the mean over all, a sample with an error counting as 0: a version that does
 * not answer is not a good one. Latencies and costs are over the samples that have them.
 */
export function createSummary(): Summarising {
  const latencies = new Map<number, number>();
  const sums = { score: 0, passed: 0, errors: 0, latency: 0, costUsd: 0, promptTokens: 0, completionTokens: 0 };
  const counts = { samples: 0, latency: 0, costUsd: 0, promptTokens: 0, completionTokens: 0 };

  const addKnown = (name: "costUsd" | "promptTokens" | "completionTokens", value: number | null) => {
    if (value === null) return;
    sums[name] += value;
    counts[name] += 1;
  };

  return {
    add(sample) {
      counts.samples += 1;
      sums.score += sample.error ? 0 : sample.score;
      sums.passed += sample.passed && !sample.error ? 1 : 0;
      sums.errors += sample.error ? 1 : 0;
      addKnown("costUsd", sample.costUsd);
      addKnown("promptTokens", sample.promptTokens);
      addKnown("completionTokens", sample.completionTokens);
      if (sample.latencyMs === null) return;
      counts.latency += 1;
      sums.latency += sample.latencyMs;
      const bin = sample.latencyMs <= 0 ? Number.NEGATIVE_INFINITY : Math.ceil(Math.log(sample.latencyMs) / GROWTH);
      latencies.set(bin, (latencies.get(bin) ?? 0) + 1);
    },
    summary() {
      const { samples } = counts;
      if (samples === 0) return { sampleCount: 0, errors: 0, metrics: {} };
      const share = (sum: number) => round(Math.min(1, Math.max(0, sum / samples)), 6);
      const bins = [...latencies].sort(([left], [right]) => left - right);
      const percentile = (quantile: number) => edgeAt(bins, Math.ceil(quantile * counts.latency));
      const mean = (name: "costUsd" | "promptTokens" | "completionTokens") =>
        counts[name] === 0 ? {} : { [name]: round(sums[name] / counts[name], 9) };
      return {
        sampleCount: samples,
        errors: sums.errors,
        metrics: {
          score: share(sums.score),
          passRate: share(sums.passed),
          errorRate: share(sums.errors),
          ...(counts.latency > 0 && {
            meanMs: round(sums.latency / counts.latency, 3),
            p50Ms: percentile(0.5),
            p95Ms: percentile(0.95),
            p99Ms: percentile(0.99),
          }),
          ...mean("costUsd"),
          ...mean("promptTokens"),
          ...mean("completionTokens"),
        },
      };
    },
  };
}

/** Upper edge of the bin that holds the sample of this rank, 1 being the smallest. */
function edgeAt(bins: readonly [bin: number, count: number][], rank: number): number {
  let seen = 0;
  for (const [bin, count] of bins) {
    seen += count;
    if (seen >= rank) return round(Math.exp(bin * GROWTH), 3);
  }
  return 0;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
