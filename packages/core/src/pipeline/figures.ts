/** What the collector of one instance did, as its supervisor counts it. */
export interface CollectorFigures {
  node: string;
  replica: number;
  /** `standby`: another revision's collector measures the node meanwhile. */
  role: "active" | "standby";
  /** Different time series that left the pipeline of late. */
  cardinality: number;
  /** Data points accepted a minute. */
  pointsPerMinute: number;
  /** Of late, in data points: those that arrived or were to leave, and those of them that failed. */
  attempted: number;
  failed: number;
}

export interface PipelineMetrics {
  cardinality: number;
  throughput: string;
  error_rate: number;
}

/** The figures of all collectors of a deployment together. */
export function pipelineMetrics(figures: readonly CollectorFigures[]): PipelineMetrics {
  const sum = (of: (one: CollectorFigures) => number): number => figures.reduce((total, one) => total + of(one), 0);
  const attempted = sum((one) => one.attempted);
  return {
    cardinality: sum((one) => one.cardinality),
    throughput: throughputText(sum((one) => one.pointsPerMinute)),
    error_rate: attempted === 0 ? 0 : Number((sum((one) => one.failed) / attempted).toPrecision(3)),
  };
}

const UNITS = ["", "K", "M", "B"] as const;

/** Data points a minute as people read them: `0/min`, `950/min`, `1.2M/min`. */
export function throughputText(pointsPerMinute: number): string {
  const value = Math.max(0, Number.isFinite(pointsPerMinute) ? pointsPerMinute : 0);
  let scaled = Math.round(value);
  let unit = 0;
  while (scaled >= 1_000 && unit < UNITS.length - 1) {
    unit += 1;
    scaled = Number((value / 1_000 ** unit).toPrecision(value / 1_000 ** unit >= 100 ? 3 : 2));
  }
  return `${scaled}${UNITS[unit]}/min`;
}
