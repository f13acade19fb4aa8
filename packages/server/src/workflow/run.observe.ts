import {
  type AttemptFact,
  type Condition,
  SluiceError,
  type Stage,
  stepKindOf,
  type TaskState,
  type WorkflowRun,
} from "@sluice/core";
import { createMask } from "@sluice/runtimes";
import type { CelEvaluator } from "../cel/cel.evaluator.ts";
import { inAmbientTransaction } from "../db/ambient.ts";
import { type AttemptResult, attemptsOf, beginAttempt, endAttempt, type StoredAttempt } from "./attempt.store.ts";
import type { StoredRun } from "./run.store.ts";
import { isSluiceProblem } from "./step/problem.ts";
import type { StepContext, StepDeps } from "./step/step.types.ts";
import { valuesOf } from "./step/step.values.ts";
import type { createSteps } from "./step/steps.ts";
import { evaluateWhen } from "./when.ts";

export interface ObserveDeps extends StepDeps {
  /** Of this server. */
  node: string;
  steps: ReturnType<typeof createSteps>;
  cel: CelEvaluator;
}

/** What the attempts of a run have come to. Writes down those that have ended since the last look. */
export async function attemptFacts(deps: ObserveDeps, stored: StoredRun): Promise<Map<string, AttemptFact>> {
  const facts = new Map<string, AttemptFact>();
  const known = await attemptsOf(deps.db, stored.run.id);
  for (const task of stored.run.tasks) {
    if (task.status !== "running") continue;
    const attempt = known.find((one) => one.task === task.key && one.attempt === task.attempt);
    if (attempt === undefined) continue;
    facts.set(task.key, factOf(attempt.status === "running" ? await lookAt(deps, stored, task, attempt) : attempt));
  }
  return facts;
}

async function lookAt(
  deps: ObserveDeps,
  stored: StoredRun,
  task: TaskState,
  attempt: StoredAttempt,
): Promise<StoredAttempt> {
  // Another server had it, and is gone: only that one could tell.
  const elsewhere = attempt.node !== deps.node;
  const gone = `the server that ran it has not been seen for a while`;
  const context = contextOf(stored, task);
  const isCommand = stepKindOf(context.stage) === "run";
  const outcome =
    elsewhere && isCommand
      ? { status: "lost" as const, result: { reason: gone } }
      : await deps.steps[stepKindOf(context.stage)].look(context, attempt).catch((error: unknown) => {
          if (!isSluiceProblem(error)) throw error;
          return { status: "failed" as const, result: { reason: error.message, hopeless: true } };
        });
  if (outcome === null) return attempt;
  const result = withoutSecrets(stored, { ...attempt.result, ...outcome.result });
  const at = new Date(deps.now());
  await endAttempt(deps.db, attempt, { status: outcome.status, result, at });
  return { ...attempt, status: outcome.status, result, finishedAt: at };
}

/** Values of secret inputs may come back in what a step says. */
function withoutSecrets({ secrets }: StoredRun, { reason, outputs, ...result }: AttemptResult): AttemptResult {
  const mask = createMask(Object.values(secrets));
  return {
    ...result,
    ...(reason && { reason: mask(reason) }),
    ...(outputs && {
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, mask(value)])),
    }),
  };
}

const factOf = ({ attempt, status, result }: StoredAttempt): AttemptFact => ({
  ...{ attempt, status, reason: result.reason ?? null, outputs: result.outputs ?? {} },
  hopeless: result.hopeless ?? false,
});

/** Begins an attempt: what may happen only once happens with its being written down, everything else is begun by the next look. */
export async function begin(deps: ObserveDeps, stored: StoredRun, key: string, attempt: number): Promise<void> {
  const task = taskOf(stored.run, key);
  const name = { run: stored.run.id, task: key, attempt };
  const context = contextOf(stored, task);
  const work = deps.steps[stepKindOf(context.stage)];
  const at = new Date(deps.now());
  const { begin: once } = work;
  if (once === undefined) {
    await beginAttempt(deps.db, name, { node: deps.node, at });
    return;
  }
  try {
    await inAmbientTransaction(deps.db, async () => {
      if (!(await beginAttempt(deps.db, name, { node: deps.node, at }))) return;
      const result = await once(context);
      await deps.db
        .updateTable("workflow_attempts")
        .set({ result: JSON.stringify(result) })
        .where("run_id", "=", name.run)
        .where("task", "=", name.task)
        .where("attempt", "=", name.attempt)
        .execute();
    });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const result = withoutSecrets(stored, { reason: error.message, hopeless: isSluiceProblem(error) });
    await beginAttempt(deps.db, name, { node: deps.node, at });
    await endAttempt(deps.db, name, { status: "failed", result, at });
  }
}

export async function stop(
  deps: ObserveDeps,
  stored: StoredRun,
  { task: key, attempt, cause }: { task: string; attempt: number; cause: "cancelled" | "timeout" | "run_timeout" },
): Promise<void> {
  const found = (await attemptsOf(deps.db, stored.run.id)).find((one) => one.task === key && one.attempt === attempt);
  if (found?.status !== "running") return;
  const context = contextOf(stored, taskOf(stored.run, key));
  await deps.steps[stepKindOf(context.stage)].stop(context, found, cause);
}

export const condition = (deps: ObserveDeps, stored: StoredRun, key: string): Promise<Condition> =>
  evaluateWhen(deps.cel, stored, taskOf(stored.run, key));

function contextOf(stored: StoredRun, task: TaskState): StepContext {
  const stage: Stage | undefined = stored.spec.stages.find(({ name }) => name === task.stage);
  if (stage === undefined) throw new TypeError(`the workflow has no stage ${task.stage}`);
  return { stored, stage, task, values: valuesOf(stored, task) };
}

function taskOf(run: WorkflowRun, key: string): TaskState {
  const task = run.tasks.find((one) => one.key === key);
  if (task === undefined) throw new TypeError(`the run has no task ${key}`);
  return task;
}
