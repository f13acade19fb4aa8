import type { Rollout } from "@sluice/client";
import { type ReactNode, useMemo, useState } from "react";
import { evidence, milliseconds, percent, rate } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { type Line, Plot } from "../ui/plot.tsx";
import { asSentence, unspoken } from "./evidence.ts";
import {
  errorColumns,
  evidenceColumns,
  latencyColumns,
  requestColumns,
  type SeriesPoint,
  weightChanges,
  weightColumns,
} from "./series.ts";

const ARMS: readonly Line[] = [
  { label: "stable", colour: "stable" },
  { label: "candidate", colour: "candidate" },
];
const QUANTILES = ["p50", "p95", "p99"] as const;

/** How the traffic went, with the moments at which the candidate's share changed. */
export function Plots({ points }: { points: readonly SeriesPoint[] }) {
  const [quantile, setQuantile] = useState<(typeof QUANTILES)[number]>("p95");
  const marks = useMemo(() => weightChanges(points).map(({ at, weight }) => ({ at, label: `${weight} %` })), [points]);
  const columns = useMemo(
    () => ({
      weight: weightColumns(points),
      requests: requestColumns(points),
      errors: errorColumns(points),
      latency: latencyColumns(points, quantile),
    }),
    [points, quantile],
  );
  const last = points.at(-1);
  return (
    <Card title="How the traffic went">
      <div className="grid grid-cols-1 gap-4 p-4 md:grid-cols-2">
        <Titled title="Share of the candidate">
          <Plot
            label={`The candidate's share over time, now ${percent(last?.weight)}`}
            data={columns.weight}
            lines={[{ label: "candidate", colour: "candidate", stepped: true }]}
            format={percent}
            least={100}
            marks={marks}
          />
        </Titled>
        <Titled title="Requests a second">
          <Plot
            label="Requests a second of both versions"
            data={columns.requests}
            lines={ARMS}
            format={rate}
            least={1}
            marks={marks}
          />
        </Titled>
        <Titled title="Errors">
          <Plot
            label="Share of failing requests of both versions"
            data={columns.errors}
            lines={ARMS}
            format={percent}
            least={1}
            marks={marks}
          />
        </Titled>
        <Titled
          title="Latency"
          aside={
            <select
              aria-label="Quantile of latency"
              value={quantile}
              onChange={(event) => setQuantile(QUANTILES.find((one) => one === event.target.value) ?? "p95")}
              className="rounded border border-edge bg-surface px-1 text-xs"
            >
              {QUANTILES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          }
        >
          <Plot
            label={`Latency (${quantile}) of both versions`}
            data={columns.latency}
            lines={ARMS}
            format={milliseconds}
            least={1}
            marks={marks}
          />
        </Titled>
      </div>
    </Card>
  );
}

function Titled({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0 space-y-1">
      <div className="flex h-6 items-center justify-between">
        <h3 className="text-xs font-medium text-muted">{title}</h3>
        {aside}
      </div>
      {children}
    </div>
  );
}

/** How strong the evidence is that the candidate is worse, and where it turns the rollout back. */
export function Evidence({ rollout, points }: { rollout: Rollout; points: readonly SeriesPoint[] }) {
  const data = useMemo(() => evidenceColumns(points), [points]);
  const { analysis } = rollout;
  const sentence =
    asSentence(analysis?.message ?? "") || "Nothing has been judged: that begins with the candidate's first callers.";
  return (
    <Card title="Evidence that it is worse">
      <div className="space-y-3 p-4">
        <p className="wrap-anywhere">{sentence}</p>
        <Plot
          label={`Evidence over time. ${sentence}`}
          data={data}
          lines={[
            { label: "guard, in the gateway", colour: "candidate" },
            { label: "judge, of everything", colour: "accent", dash: true },
          ]}
          format={evidence}
          logarithmic
          height={170}
          bound={
            analysis === null
              ? undefined
              : { value: analysis.threshold, label: `${evidence(analysis.threshold)} turns it back` }
          }
        />
        {analysis !== null && <Metrics metrics={unspoken(analysis)} />}
      </div>
    </Card>
  );
}

function Metrics({ metrics }: { metrics: NonNullable<Rollout["analysis"]>["metrics"] }) {
  if (metrics.length === 0) return null;
  return (
    <ul className="space-y-1.5 border-t border-line pt-3">
      {metrics.map(({ name, message, failed, status }) => (
        <li key={name} className={`wrap-anywhere ${failed ? "text-bad" : status === "ok" ? "" : "text-muted"}`}>
          {asSentence(message)}
        </li>
      ))}
    </ul>
  );
}
