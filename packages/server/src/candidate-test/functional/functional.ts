import { countExpectations, type FunctionalTest } from "@sluice/core";
import { failed, type Outcome, type PlannedTest, passed, type TestContext } from "../planned.ts";
import { sentRequest } from "./sent.request.ts";

/** Milliseconds that an answer is waited for when the test does not say. */
const PATIENCE_MS = 30_000;
/** Bytes of an answer that are read and judged. */
const MAX_BODY = 1_048_576;

/** One test for each request of the options, in their order. */
export const functionalTests = (tests: readonly FunctionalTest[]): PlannedTest[] =>
  tests.map((test) => ({
    name: `functional/${test.name}`,
    type: "functional",
    costly: false,
    run: (context) => runTest(test, context),
  }));

async function runTest({ request, expect }: FunctionalTest, { ask, judge, instance }: TestContext): Promise<Outcome> {
  const what = `${request.method} ${request.path}`;
  const timeoutMs = expect.maxMs ?? PATIENCE_MS;
  const outcome = await ask({ ...sentRequest(request), timeoutMs, maxBytes: MAX_BODY });
  if (!outcome.answered) {
    return failed(`${what} got no answer that could be judged: ${outcome.reason}; expected status ${expect.status}.`, {
      logs: [`asked ${instance.id}: ${outcome.reason}`],
    });
  }
  const { answer } = outcome;
  const metrics = { status: answer.status, answerMs: Math.round(answer.ms * 100) / 100, bodyBytes: answer.body.length };
  const logs = [
    `asked ${instance.id}: ${answer.status} with ${answer.body.length} characters in ${metrics.answerMs} ms`,
  ];
  const count = countExpectations(expect);
  const unmet = await judge.ask({ type: "expectations", expect, answer });
  if (unmet.length > 0) {
    return failed(
      `${what} did not answer as expected (${unmet.length} of ${count} expectations unmet): ${unmet.join("; ")}.`,
      { metrics, logs: [...logs, ...unmet] },
    );
  }
  return passed(
    `${what} answered ${answer.status} in ${Math.round(answer.ms)} ms and met all ${count} expectations; one unmet would have failed it.`,
    { metrics, logs },
  );
}
