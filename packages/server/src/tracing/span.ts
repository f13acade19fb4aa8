import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { SluiceError } from "@sluice/core";

interface SpanOptions {
  kind?: SpanKind;
  attributes?: Attributes;
  /** Headers of whoever asked, which may name the trace that this is a part of. */
  carrier?: Readonly<Record<string, unknown>>;
}

const tracer = () => trace.getTracer("sluice");

/** Does the work within a span. What it throws is the span's error, and thrown on. Costs next to nothing while nothing is traced. */
export function inSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const { kind = SpanKind.INTERNAL, attributes = {}, carrier } = options;
  return tracer().startActiveSpan(name, { kind, attributes }, contextOf(carrier), async (span) => {
    try {
      return await work(span);
    } catch (error) {
      // Words of errors that nobody foresaw may hold anything: those are for the log.
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: error instanceof SluiceError ? error.message : "unexpected",
      });
      throw error;
    } finally {
      span.end();
    }
  });
}

const contextOf = (carrier: SpanOptions["carrier"]): Context =>
  carrier === undefined ? context.active() : propagation.extract(context.active(), carrier);
