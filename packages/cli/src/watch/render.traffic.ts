import { count, percent } from "../output/quantity.ts";
import { bar, clip } from "./bar.ts";
import type { Canvas } from "./render.ts";
import type { RolloutView } from "./view.ts";

/** Who serves how much: weight, instances, and what the gateway has counted of each revision. */
export function renderTraffic({ deployment, metrics }: RolloutView, { width, colors }: Canvas): string[] {
  if (deployment === null || deployment.split.length === 0) return [];
  const versionWidth = Math.max(...deployment.split.map(({ version }) => version.length));
  const barWidth = width >= 90 ? 30 : 12;
  const lines = deployment.split.flatMap(({ revision, version, role, weight, instances }) => {
    const head = `  ${role.padEnd(9)}  ${version.padEnd(versionWidth)}  r${revision}`;
    const share = `${bar(weight / 100, barWidth)} ${percent(weight).padStart(7)}`;
    const line = clip(`${head}  ${share}  ${instances.ready}/${instances.desired} ready`, width);
    const counted = metrics?.revisions.find((entry) => entry.revision === revision);
    const paint = role === "candidate" ? colors.cyan : (text: string) => text;
    return counted === undefined ? [paint(line)] : [paint(line), colors.dim(clip(countedText(counted), width))];
  });
  return [colors.bold("Traffic"), ...lines];
}

type Counted = NonNullable<RolloutView["metrics"]>["revisions"][number];

function countedText({ requests, errors, errorRate, latencyMs }: Counted): string {
  const rate = errorRate === null ? "" : ` (${percent(errorRate * 100)})`;
  const latency =
    latencyMs.p50 === null ? "" : ` · p50 ${milliseconds(latencyMs.p50)} · p99 ${milliseconds(latencyMs.p99)}`;
  return `    ${count(requests)} requests · ${count(errors)} errors${rate}${latency}`;
}

const milliseconds = (value: number | null): string => (value === null ? "–" : `${Number(value.toPrecision(3))} ms`);
