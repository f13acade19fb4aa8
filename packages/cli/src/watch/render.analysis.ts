import { count, percent } from "../output/quantity.ts";
import { bar, clip } from "./bar.ts";
import type { Canvas } from "./render.ts";
import type { RolloutView } from "./view.ts";
import { wrap } from "./wrap.ts";

type Metric = NonNullable<RolloutView["rollout"]["analysis"]>["metrics"][number];

/** Candidate against stable by each metric, and how far the evidence of harm is from closing the gate. */
export function renderAnalysis({ rollout: { analysis } }: RolloutView, canvas: Canvas): string[] {
  const { width, colors, detailed } = canvas;
  if (analysis === null || analysis.metrics.length === 0) return [];
  const lines = analysis.metrics.flatMap((metric) => {
    const { name, stable, candidate, evidence, threshold, samples } = metric;
    const arms = `stable ${figure(metric, stable)}  candidate ${figure(metric, candidate)}`;
    const seen = `${count(samples.stable)} / ${count(samples.candidate)} samples`;
    const paint = metric.failed ? colors.red : (text: string) => text;
    const sentence = detailed ? wrap(metric.message, width - 16).map((line) => `${" ".repeat(16)}${line}`) : [];
    return [
      clip(`  ${name.padEnd(12)}  ${arms}  ${seen}`, width),
      paint(clip(`  ${"".padEnd(12)}  ${harmText(evidence, threshold, metric.status)}`, width)),
      ...sentence.map((line) => colors.dim(line)),
    ];
  });
  const verdict = detailed ? wrap(analysis.message, width - 2).map((line) => `  ${line}`) : [];
  return [`${colors.bold("Analysis")} says ${analysis.verdict}`, ...verdict, ...lines];
}

function harmText(evidence: number | null, threshold: number | null, status: Metric["status"]): string {
  if (status !== "ok") return STATUSES[status];
  if (evidence === null || threshold === null) return "judged by single looks";
  return `evidence of harm ${bar(nearness(evidence, threshold), 20)} ${number(evidence)} of ${number(threshold)}`;
}

const STATUSES = {
  no_data: "no data to judge by",
  invalid: "its source answers what cannot be judged",
  provider_error: "its source does not answer",
} as const;

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
