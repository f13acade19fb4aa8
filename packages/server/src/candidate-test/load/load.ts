import { type LoadFigures, type LoadVerdict, loadVerdict, performanceVerdict, type TestOptions } from "@sluice/core";
import { sentRequest } from "../functional/sent.request.ts";
import type { Outcome, PlannedTest, TestContext } from "../planned.ts";
import { generateLoad } from "./load.generator.ts";

/** Few enough that they do not wait for each other. */
const PERFORMANCE_CONNECTIONS = 4;

/** The performance test and the load test, as far as they are asked for. */
export const loadTests = (options: TestOptions): PlannedTest[] => [
  ...(options.performanceTest
    ? [planned("performance", Math.min(PERFORMANCE_CONNECTIONS, options.concurrentUsers), performanceVerdict)]
    : []),
  ...(options.loadTest ? [planned("load", options.concurrentUsers, loadVerdict)] : []),
];

const planned = (
  type: "performance" | "load",
  connections: number,
  verdict: (figures: LoadFigures, options: TestOptions) => LoadVerdict,
): PlannedTest => ({
  name: type,
  type,
  costly: true,
  run: async (context) =>
    outcomeOf(verdict(await load(context, connections), context.run.options), context, connections),
});

async function load({ run, signal }: TestContext, connections: number): Promise<LoadFigures> {
  const { request, testDuration, responseTimeThreshold, security } = run.options;
  const { method, path, headers, body } = sentRequest(request);
  const scheme = security.tls === "native" ? "https" : "http";
  return generateLoad(
    {
      urls: run.instances.map(
        ({ host, port }) => `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`,
      ),
      method,
      headers,
      body: body ?? null,
      connections,
      seconds: testDuration,
      limitMs: responseTimeThreshold * 1_000,
    },
    signal,
  );
}

function outcomeOf({ passed, metrics, message }: LoadVerdict, { run }: TestContext, connections: number): Outcome {
  const { method, path } = run.options.request;
  return {
    status: passed ? "passed" : "failed",
    metrics,
    message,
    logs: [
      `${connections} connections to ${run.instances.map(({ id }) => id).join(", ")}, ${method} ${path} for ${run.options.testDuration} s`,
      ...Object.entries(metrics).map(([name, value]) => `${name} ${value}`),
    ],
  };
}
