import type { Instant, Runtime, TestResult } from "@sluice/core";
import type { CandidateTestRun, RunCandidateTests } from "../../candidate-test/candidate-test.types.ts";
import { hasInstances } from "../observe.ts";
import type { Targets } from "../targets.ts";
import type { ActivityWork } from "./activities.ts";

export interface TestsDeps {
  targets: Targets;
  runTests: RunCandidateTests;
  /** Folder of OSV entries; null: none is kept here. */
  osvFolder: string | null;
  now: () => Instant;
}

/** Lines of an instance's log that a test may look at. */
const LOG_LINES = 1_000;

/** The tests of the candidate itself, at zero traffic. */
export function testsWork({ targets, runTests, osvFolder, now }: TestsDeps): ActivityWork {
  return {
    async run(loaded, signal, report): Promise<TestResult[]> {
      const rollout = loaded.rollouts[0]?.rollout;
      const revision = rollout === undefined ? undefined : loaded.revisions.get(rollout.toRevision);
      const options = rollout?.strategy.tests ?? null;
      if (revision === undefined || options === null) return [];
      const runs = hasInstances(loaded.deployment.kind, loaded.target.type);
      const { runtime } = runs ? await targets.at(loaded.target) : { runtime: null };
      const target = { deployment: loaded.deployment.id, revision: revision.number };
      const run: CandidateTestRun = {
        options,
        instances: runtime === null ? [] : await readyInstances(runtime, target),
        version: revision.spec,
        logs: async (instance) => (runtime === null ? [] : lastLines(runtime, { ...target, instance }, signal)),
        osvFolder,
        now,
      };
      return runTests(run, signal, report);
    },
    gaveUp: (message, at): TestResult[] => [
      { name: "tests", type: "functional", status: "error", metrics: {}, message, logs: [], executionMs: 0, at },
    ],
  };
}

async function readyInstances(runtime: Runtime, { deployment, revision }: { deployment: string; revision: number }) {
  const statuses = await runtime.observe(deployment);
  return statuses
    .filter((status) => status.revision === revision)
    .flatMap((status) => status.instances)
    .flatMap(({ id, state, address }) => (state === "ready" && address !== null ? [{ id, ...address }] : []));
}

async function lastLines(
  runtime: Runtime,
  target: { deployment: string; revision: number; instance: string },
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of runtime.logs({ ...target, tail: LOG_LINES, signal })) lines.push(text);
  return lines;
}
