import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Config } from "../config.ts";

/** Milliseconds that an export may take, and that spans wait for others to go with them. */
const EXPORT_TIMEOUT = 5_000;
const SEND_EVERY = 1_000;

/**
 * Sends spans by OTLP from now on: of HTTP requests, gRPC calls and reconciles. A receiver that is away costs its spans, and
 * nothing else. Without this nothing is recorded.
 */
export function startTracing(tracing: NonNullable<Config["tracing"]>, version: string): { close(): Promise<void> } {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "sluice", "service.version": version }),
    // A caller that has decided about its trace has decided about our part of it.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracing.sampling) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: exporterTo(tracing.endpoint),
        scheduledDelayMillis: SEND_EVERY,
        exportTimeoutMillis: EXPORT_TIMEOUT,
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    async close() {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/** `grpc:` and `grpcs:` by gRPC; `http:` and `https:` by HTTP, to the path that OTLP gives to traces where there is none. */
function exporterTo(endpoint: string): SpanExporter {
  const url = new URL(endpoint);
  if (url.protocol === "grpc:" || url.protocol === "grpcs:") {
    const scheme = url.protocol === "grpcs:" ? "https" : "http";
    return new GrpcExporter({ url: `${scheme}://${url.host}`, timeoutMillis: EXPORT_TIMEOUT });
  }
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return new HttpExporter({ url: url.href, timeoutMillis: EXPORT_TIMEOUT });
}
