import type { TestOptions } from "../candidate-test/test-options.schema.ts";
import { hideValues } from "../hidden.ts";
import type { MetricOptions } from "./analysis.schema.ts";
import type { Strategy } from "./strategy.types.ts";

/**
 * The strategy as it may be shown: whoever reads a rollout does not get the headers with which metrics are asked for and
 * candidates are tested, for they carry tokens. Their names stay.
 */
export function withoutSecrets<S extends Strategy>(strategy: S): S {
  return {
    ...strategy,
    analysis: { ...strategy.analysis, metrics: strategy.analysis.metrics.map(metricWithoutSecrets) },
    tests: strategy.tests === null ? null : testsWithoutSecrets(strategy.tests),
  };
}

function metricWithoutSecrets(metric: MetricOptions): MetricOptions {
  if (!("source" in metric) || !("headers" in metric.source)) return metric;
  return { ...metric, source: { ...metric.source, headers: hideValues(metric.source.headers) } };
}

function testsWithoutSecrets(tests: TestOptions): TestOptions {
  const hidden = <R extends TestOptions["request"]>(request: R): R => ({
    ...request,
    headers: hideValues(request.headers),
  });
  const { lowPrivilegeHeaders } = tests.security;
  return {
    ...tests,
    request: hidden(tests.request),
    functional: tests.functional.map((test) => ({ ...test, request: hidden(test.request) })),
    security: {
      ...tests.security,
      lowPrivilegeHeaders: lowPrivilegeHeaders === null ? null : hideValues(lowPrivilegeHeaders),
    },
  };
}
