import type { TestOptions } from "../candidate-test/test-options.schema.ts";
import { hideValues, shownAddress } from "../hidden.ts";
import type { MetricOptions } from "./analysis.schema.ts";
import type { StepInput, Strategy } from "./strategy.types.ts";

/**
 * The strategy as it may be shown: whoever reads a rollout does not get the headers with which metrics are asked for and
 * candidates are tested, for they carry tokens; their names stay. Nor what stands in addresses beside host and path.
 */
export function withoutSecrets<S extends Strategy>(strategy: S): S {
  return {
    ...strategy,
    ...("steps" in strategy && strategy.steps !== null && { steps: strategy.steps.map(stepWithoutSecrets) }),
    analysis: { ...strategy.analysis, metrics: strategy.analysis.metrics.map(metricWithoutSecrets) },
    tests: strategy.tests === null ? null : testsWithoutSecrets(strategy.tests),
  };
}

function metricWithoutSecrets(metric: MetricOptions): MetricOptions {
  if (!("source" in metric)) return metric;
  const { source } = metric;
  switch (source.type) {
    case "prometheus":
      return {
        ...metric,
        source: { ...source, address: shownAddress(source.address), headers: hideValues(source.headers) },
      };
    case "webhook":
      return { ...metric, source: { ...source, url: shownAddress(source.url), headers: hideValues(source.headers) } };
    case "file":
    case "evaluations":
      return metric;
  }
}

const stepWithoutSecrets = (step: StepInput): StepInput =>
  "hook" in step ? { hook: { ...step.hook, url: shownAddress(step.hook.url) } } : step;

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
