import { count, percent } from "../output/quantity.ts";
import { bar, clip } from "./bar.ts";
import type { Canvas } from "./render.ts";
import type { RolloutView } from "./view.ts";

type Metric = NonNullable<RolloutView["rollout"]["analysis"]>["metrics"][number];

const BAR = 16;

/** Candidate against stable by each metric, and how far the evidence of harm is from closing the gate. */
export function renderAnalysis({ rollout: { analysis } }: RolloutView, { width, colors }: Canvas): string[] {
  if (analysis === null || analysis.metrics.length === 0) return [];
  const lines = analysis.metrics.map((metric) => {
    const { name, stable, candidate, evidence, threshold, samples } = metric;
    const compared = `  ${name.padEnd(12)}  stable ${figure(metric, stable)}  candidate ${figure(metric, candidate)}`;
    const harm = `${bar(nearness(evidence, threshold), BAR)} ${number(evidence)} of ${number(threshold)}`;
    const line = clip(`${compared}  ${harm}  (${count(samples.stable)} / ${count(samples.candidate)} samples)`, width);
    return evidence >= threshold ? colors.red(line) : line;
  });
  return [
    `${colors.bold("Analysis")} says ${analysis.verdict}; evidence of harm closes the gate at its bound`,
    ...lines,
  ];
}

/** Evidence multiplies, so that its logarithm is what approaches the bound: 1 is nothing, `threshold` is full. */
const nearness = (evidence: number, threshold: number): number =>
  evidence <= 1 || threshold <= 1 ? 0 : Math.log(evidence) / Math.log(threshold);

function figure({ name }: Metric, value: number | null): string {
  if (value === null) return "–".padStart(8);
  if (name === "error_rate") return percent(value * 100).padStart(8);
  return (name === "latency" ? `${number(value)} ms` : number(value)).padStart(8);
}

const number = (value: number): string =>
  value >= 1_000_000 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
