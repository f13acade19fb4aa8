import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { FastifyRequest } from "fastify";
import type { App } from "./app.types.ts";

/** A span for every request, part of the caller's trace where its `traceparent` names one. */
export function traceRequests(app: App): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook("onRequest", (request, _reply, done) => {
    const { method, headers, routeOptions } = request;
    const route = routeOptions.url ?? "unknown";
    const attributes = { "http.request.method": method, "http.route": route };
    const from = propagation.extract(context.active(), headers);
    const options = { kind: SpanKind.SERVER, attributes };
    const span = trace.getTracer("sluice").startSpan(`${method} ${route}`, options, from);
    spans.set(request, span);
    // What the handler does is done within the span.
    context.with(trace.setSpan(from, span), done);
  });
  app.addHook("onResponse", async (request, reply) => {
    const span = spans.get(request);
    span?.setAttribute("http.response.status_code", reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
}
