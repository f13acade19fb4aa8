import type { TestResult } from "@sluice/core";
import type { CandidateTestRun, RunCandidateTests } from "./candidate-test.types.ts";
import { exchange } from "./exchange.ts";
import { functionalTests } from "./functional/functional.ts";
import { createJudge, type Judge } from "./judge.ts";
import { loadTests } from "./load/load.ts";
import type { Outcome, PlannedTest } from "./planned.ts";
import { securityTests } from "./security/security.ts";

/** Lines of a result's log, and characters of each. */
const MAX_LOG_LINES = 200;
const MAX_LINE = 500;
const MAX_MESSAGE = 2_000;

/** For requests that do not say otherwise. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 65_536;

/** What the options ask for, in the order in which it is run: the quick first, the load last. */
export const plannedTests = ({ options }: Pick<CandidateTestRun, "options">): PlannedTest[] => [
  ...functionalTests(options.functional),
  ...(options.securityTest ? securityTests : []),
  ...loadTests(options),
];

export const runCandidateTests: RunCandidateTests = async (run, signal, onProgress) => {
  const planned = plannedTests(run);
  if (planned.length === 0) return [];
  const results = planned.map((test) => waiting(test, run));
  const judge = createJudge();
  const report = () => onProgress(results.map((result) => ({ ...result })));
  try {
    report();
    for (const [index, test] of planned.entries()) {
      signal.throwIfAborted();
      const began = run.now();
      results[index] = { ...waiting(test, run), message: "It is being run." };
      report();
      const outcome = await outcomeOf(test, index, { run, signal, judge, results });
      signal.throwIfAborted();
      const at = run.now();
      results[index] = {
        name: test.name,
        type: test.type,
        status: outcome.status,
        metrics: outcome.metrics ?? {},
        message: clip(outcome.message, MAX_MESSAGE),
        logs: (outcome.logs ?? []).slice(0, MAX_LOG_LINES).map((line) => clip(line, MAX_LINE)),
        executionMs: at - began,
        at,
      };
      report();
    }
    return results;
  } finally {
    await judge.close();
  }
};

interface Circumstances {
  run: CandidateTestRun;
  signal: AbortSignal;
  judge: Judge;
  results: readonly TestResult[];
}

async function outcomeOf(test: PlannedTest, index: number, circumstances: Circumstances): Promise<Outcome> {
  const { run, signal, judge, results } = circumstances;
  const instance = run.instances[index % Math.max(1, run.instances.length)];
  if (instance === undefined) {
    return { status: "error", message: "The candidate has no instance that could be asked; the test needs one." };
  }
  const broken = results.find(({ status }) => status === "failed" || status === "error");
  if (test.costly && broken !== undefined) {
    return {
      status: "skipped",
      message: `Not run, because ${broken.name} did not pass; it is run when all before it do.`,
    };
  }
  try {
    return await test.run({
      run,
      instance,
      signal,
      judge,
      ask: (request) =>
        exchange(
          {
            host: instance.host,
            port: instance.port,
            tls: run.options.security.tls === "native",
            method: "GET",
            timeoutMs: TIMEOUT_MS,
            maxBytes: MAX_BYTES,
            ...request,
          },
          signal,
        ),
    });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return { status: "error", message: `The test could not be carried out: ${why}.` };
  }
}

const waiting = ({ name, type }: PlannedTest, run: CandidateTestRun): TestResult => ({
  name,
  type,
  status: "running",
  metrics: {},
  message: "It waits for its turn.",
  logs: [],
  executionMs: 0,
  at: run.now(),
});

const clip = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
