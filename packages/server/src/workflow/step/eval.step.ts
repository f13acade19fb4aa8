import { type EvalStep, fillTemplates } from "@sluice/core";
import type { StoredEvaluation } from "../../evaluation/evaluation.store.ts";
import { failed, type StepDeps, type StepOutcome, type StepWork, succeeded } from "./step.types.ts";

/** Waits for an evaluation of the version on the dataset, and compares the figures of the newest. */
export const evalStep = (deps: StepDeps): StepWork => ({
  async look({ stage, stored, values }) {
    if (stage.eval === undefined) throw new TypeError(`stage ${stage.name} evaluates nothing`);
    const step = fillTemplates(stage.eval, values);
    const { artifact, version, dataset } = step;
    const query = { project: stored.run.project, artifact, version, dataset, limit: 50 };
    const { items } = await deps.services.evaluations.list(stored.principal, query);
    const newest = items.toSorted((left, right) => right.finishedAt.getTime() - left.finishedAt.getTime())[0];
    return newest === undefined ? null : judge(step, newest);
  },
  stop: async () => undefined,
});

function judge({ minimum, maximum }: EvalStep, { id, metrics, dataset, sampleCount }: StoredEvaluation): StepOutcome {
  const named = [...new Set([...Object.keys(minimum), ...Object.keys(maximum)])];
  const problems = named.flatMap((metric) => {
    const value = metrics[metric];
    if (value === undefined) return [`it has no ${metric}`];
    const low = minimum[metric];
    const high = maximum[metric];
    if (low !== undefined && value < low) return [`${metric} is ${value}, at least ${low} is needed`];
    return high !== undefined && value > high ? [`${metric} is ${value}, at most ${high} is allowed`] : [];
  });
  const figures = named.flatMap((metric) => (metrics[metric] === undefined ? [] : [[metric, String(metrics[metric])]]));
  const outputs = { evaluation: id, ...Object.fromEntries(figures) };
  if (problems.length === 0) return succeeded({ outputs });
  return failed(`evaluation ${id} on ${dataset} (${sampleCount} samples): ${problems.join("; ")}`, { outputs });
}
