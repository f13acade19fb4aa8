import type { MetricsComparison, StreamReport } from "@sluice/core";
import { renderFields, renderTable } from "../output/table.ts";

const number = (value: number | null): string | null => (value === null ? null : String(Number(value.toPrecision(4))));

/** A comparison for people: each metric on a line, what was found of each, and the whole. */
export function renderComparison(comparison: MetricsComparison): string {
  const table = renderTable(comparison.metrics, [
    { title: "metric", value: ({ name }) => name },
    { title: "class", value: ({ classification }) => classification },
    { title: "control", value: ({ median }) => number(median?.control ?? null) },
    { title: "candidate", value: ({ median }) => number(median?.candidate ?? null) },
    { title: "shift", value: ({ shift }) => number(shift?.estimate ?? null) },
    {
      title: "interval",
      value: ({ interval }) => interval && `${number(interval.low)} to ${number(interval.high)}`,
    },
    { title: "points", value: ({ samples }) => `${samples.control}, ${samples.candidate}` },
  ]);
  const messages = comparison.metrics.map(({ name, message }) => `${name}: ${message}.`);
  return [table, messages.join("\n"), `${comparison.message}.`].join("\n\n");
}

/** What a stream came to, for people. */
export function renderStream(report: StreamReport): string {
  const table = renderTable(report.metrics, [
    { title: "metric", value: ({ name }) => name },
    { title: "stable", value: ({ stable }) => number(stable) },
    { title: "candidate", value: ({ candidate }) => number(candidate) },
    { title: "samples", value: ({ samples }) => `${samples.stable}, ${samples.candidate}` },
    { title: "ln evidence", value: ({ logEvidence }) => number(logEvidence) },
  ]);
  const head = renderFields({
    verdict: report.verdict,
    events: report.events,
    evidence: `ln ${number(report.logEvidence)}, at most ln ${number(report.maxLogEvidence)}; rollback from ln ${number(report.bound)}`,
  });
  return [head, table, `${report.message}.`].join("\n\n");
}
