import { LATENCY_BINS, percentFromWeight, weightOf } from "@sluice/core";
import type { RouteRecord } from "../route/route.record.ts";
import type { RouteTable } from "../route/route.table.ts";
import type { RevisionCounters } from "./revision.counters.ts";

/** Every eighth edge of the log histogram, each twice the one before: exact counts, and 21 lines instead of 161. */
const EDGES_PER_BUCKET = 8;

interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  lines: (
    counters: RevisionCounters,
    record: RouteRecord,
  ) => (readonly [suffix: string, labels: string, value: number])[];
}

const one = (value: number): (readonly [string, string, number])[] => [["", "", value]];

const METRICS: readonly Metric[] = [
  {
    name: "sluice_gateway_requests_total",
    help: "Requests by the class of their answer; failed are those without one.",
    type: "counter",
    lines: ({ classes }) =>
      classes.map((count, digit) => ["", `class="${digit === 0 ? "failed" : `${digit}xx`}"`, count]),
  },
  {
    name: "sluice_gateway_errors_total",
    help: "First attempts that ended in 5xx or without an answer.",
    type: "counter",
    lines: ({ errors }) => one(errors),
  },
  {
    name: "sluice_gateway_aborted_total",
    help: "Requests given up by their callers.",
    type: "counter",
    lines: ({ aborted }) => one(aborted),
  },
  {
    name: "sluice_gateway_body_bytes_total",
    help: "Bytes of bodies, in from callers and out to them.",
    type: "counter",
    lines: ({ bytesIn, bytesOut }) => [
      ["", 'direction="in"', bytesIn],
      ["", 'direction="out"', bytesOut],
    ],
  },
  {
    name: "sluice_gateway_requests_in_flight",
    help: "Requests under way.",
    type: "gauge",
    lines: ({ inFlight }) => one(inFlight),
  },
  {
    name: "sluice_gateway_latency_seconds",
    help: "Time until the head of the answer.",
    type: "histogram",
    lines: latencyLines,
  },
  {
    name: "sluice_gateway_weight_percent",
    help: "Share of the traffic in force.",
    type: "gauge",
    lines: ({ revision }, { compiled }) => one(percentFromWeight(weightOf(compiled.split, revision))),
  },
  {
    name: "sluice_gateway_usable_endpoints",
    help: "Endpoints that are not ejected.",
    type: "gauge",
    lines: ({ revision }, { compiled }) =>
      one(compiled.arms.find((arm) => arm.revision === revision)?.usableCount ?? 0),
  },
];

function latencyLines({ latency, latencySum }: RevisionCounters): (readonly [string, string, number])[] {
  const lines: (readonly [string, string, number])[] = [];
  let cumulative = 0;
  for (let bin = 0; bin < LATENCY_BINS.overflow; bin += 1) {
    cumulative += latency.counts[bin] ?? 0;
    if (bin % EDGES_PER_BUCKET !== 0) continue;
    lines.push(["_bucket", `le="${Number((LATENCY_BINS.edge(bin) / 1_000).toPrecision(12))}"`, cumulative]);
  }
  lines.push(["_bucket", 'le="+Inf"', latency.total]);
  lines.push(["_sum", "", latencySum / 1_000], ["_count", "", latency.total]);
  return lines;
}

/** Everything the gateway counts, in Prometheus' text format. */
export function prometheusText(table: RouteTable): string {
  let text = "";
  for (const { name, help, type, lines } of METRICS) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const record of table.records.values()) {
      const { id, project, deployment } = record.compiled.config;
      const route = `project="${escapeLabel(project)}",deployment="${escapeLabel(deployment)}",route="${escapeLabel(id)}"`;
      for (const counters of record.counters) {
        for (const [suffix, labels, value] of lines(counters, record)) {
          const more = labels === "" ? "" : `,${labels}`;
          text += `${name}${suffix}{${route},revision="${counters.revision}"${more}} ${value}\n`;
        }
      }
    }
  }
  return text + mirrorText(table) + guardText(table);
}

function mirrorText(table: RouteTable): string {
  const name = "sluice_gateway_mirrors_skipped_total";
  let text = `# HELP ${name} Copies not sent: too many under way, or their bodies too long.\n# TYPE ${name} counter\n`;
  for (const [id, { mirrorBudget }] of table.records)
    text += `${name}{route="${escapeLabel(id)}"} ${mirrorBudget.skipped}\n`;
  return text;
}

function guardText(table: RouteTable): string {
  const name = "sluice_gateway_guard_log_evidence";
  let text = `# HELP ${name} Log of the evidence that the candidate is worse.\n# TYPE ${name} gauge\n`;
  for (const [id, record] of table.records) {
    const report = record.guardReport();
    if (report === null) continue;
    const labels = `route="${escapeLabel(id)}",hypothesis="${escapeLabel(report.hypothesis)}"`;
    text += `${name}{${labels},closed="${report.closed !== null}"} ${report.logEvidence}\n`;
  }
  return text;
}

const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
