import { describe, expect, test } from "vitest";
import { FlowWatch, parseTelemetry } from "./telemetry.ts";
import { trialVerdict } from "./trial.ts";

const text = ({ accepted = 0, refused = 0, sent = 0, failed = 0, queued = 0 }) => `
# HELP otelcol_receiver_accepted_metric_points Number of metric points
otelcol_receiver_accepted_metric_points{receiver="otlp",transport="http"} ${accepted}
otelcol_receiver_accepted_spans_total{receiver="otlp",transport="http"} 0
otelcol_receiver_refused_metric_points{receiver="otlp",transport="http"} ${refused}
otelcol_exporter_sent_metric_points{exporter="otlp_http/destination"} ${sent}
otelcol_exporter_send_failed_metric_points_total{exporter="otlp_http/destination"} ${failed}
otelcol_exporter_queue_size{data_type="metrics",exporter="otlp_http/destination"} ${queued}
otelcol_exporter_sent_metric_points{exporter="otlp_http/sluice"} 7
otelcol_process_uptime{} 5
nonsense`;

const isLocal = (name: string): boolean => name === "otlp_http/sluice";

test("a collector's own metrics are read, with and without the suffix of counters", () => {
  const sample = parseTelemetry(text({ accepted: 10, refused: 2, sent: 8, failed: 1, queued: 3 }));
  expect(sample).toMatchObject({ accepted: 10, refused: 2 });
  expect(sample.exporters.get("otlp_http/destination")).toEqual({ sent: 8, failed: 1, queued: 3 });
});

describe("the flow of the last minute", () => {
  test("is in points a minute, and counts what failed against what was tried", () => {
    const watch = new FlowWatch(isLocal);
    watch.add(parseTelemetry(text({})), 0);
    watch.add(parseTelemetry(text({ accepted: 600, sent: 590, failed: 10 })), 30_000);
    expect(watch.flow()).toEqual({ pointsPerMinute: 1_200, attempted: 600, failed: 10, stuck: null });
  });

  test("goes on where counters begin anew", () => {
    const watch = new FlowWatch(isLocal);
    watch.add(parseTelemetry(text({ sent: 1_000 })), 0);
    watch.add(parseTelemetry(text({ sent: 5 })), 1_000);
    expect(watch.flow().attempted).toBe(1_005);
  });

  test("forgets what is older than a minute", () => {
    const watch = new FlowWatch(isLocal);
    watch.add(parseTelemetry(text({ failed: 50, sent: 50 })), 0);
    watch.add(parseTelemetry(text({ failed: 50, sent: 150 })), 70_000);
    expect(watch.flow()).toMatchObject({ attempted: 100, failed: 0 });
  });

  test("an exporter that waits and sends nothing is stuck after a while, and no more when it sends", () => {
    const watch = new FlowWatch(isLocal);
    for (const at of [0, 5_000, 10_000]) watch.add(parseTelemetry(text({ queued: 2 })), at);
    expect(watch.flow().stuck).toBeNull();
    watch.add(parseTelemetry(text({ queued: 2 })), 13_000);
    expect(watch.flow().stuck).toBe("otlp_http/destination");
    watch.add(parseTelemetry(text({ queued: 1, sent: 1 })), 14_000);
    expect(watch.flow().stuck).toBeNull();
  });

  test("where nothing leaves the node, what is counted there is what counts", () => {
    const watch = new FlowWatch(() => true);
    watch.add(parseTelemetry(text({ sent: 3 })), 0);
    expect(watch.flow().attempted).toBe(10);
  });
});

describe("on trial", () => {
  test.each([
    [{ attempted: 1_000, failed: 50, stuck: null }, 0.05, null],
    [{ attempted: 1_000, failed: 51, stuck: null }, 0.05, "an error rate of 0.051, allowed 0.05"],
    [{ attempted: 10, failed: 10, stuck: null }, 0.05, null],
    [{ attempted: 0, failed: 0, stuck: "otlp_http/x" }, 0.05, "its exporter otlp_http/x"],
    [{ attempted: 0, failed: 0, stuck: "otlp_http/x" }, 1, null],
  ])("%j with %d allowed", (flow, allowed, verdict) => {
    const found = trialVerdict(flow, allowed);
    if (verdict === null) expect(found).toBeNull();
    else expect(found).toContain(verdict);
  });
});
