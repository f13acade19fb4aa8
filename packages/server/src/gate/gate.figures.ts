import type { Figure, GateConditionOf } from "@sluice/core";
import type { StoredEvaluation } from "../evaluation/evaluation.store.ts";
import type { TestFigures } from "./tested.store.ts";

/** What a gate's conditions on figures are about, for sentences: `greeter 1.1.0`. */
type Subject = string;

type OnEvaluation = GateConditionOf<"eval_score"> | GateConditionOf<"latency"> | GateConditionOf<"cost">;

/**
 * The figure that a condition asks for, of the dataset's evaluation that counts.
 *
 * @param silence what an external service that was asked said instead of figures; null when none was asked
 */
export function evaluationFigure(
  { metric, dataset = "" }: OnEvaluation,
  subject: Subject,
  evaluations: readonly StoredEvaluation[],
  silence: string | null,
): Figure {
  const evaluation = evaluations.find((one) => one.dataset === dataset);
  if (evaluation === undefined) {
    const why = silence === null ? "" : `, and ${silence}`;
    return { status: "missing", reason: `${subject} has no evaluation on ${dataset} yet${why}` };
  }
  const { id, metrics, sampleCount, source, finishedAt } = evaluation;
  const evidence = `evaluation ${id} of ${source}, ${finishedAt.toISOString()}`;
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  if (value === undefined) {
    const has = Object.keys(metrics).join(", ");
    return { status: "missing", reason: `${evidence} of ${subject} on ${dataset} has no ${metric}, only ${has}` };
  }
  return { status: "measured", value, samples: sampleCount, evidence };
}

/** The figure of the newest test that measured it. */
export function testFigure(
  { metric }: GateConditionOf<"latency">,
  subject: Subject,
  tests: readonly TestFigures[],
): Figure {
  const test = tests.find(({ metrics }) => Object.hasOwn(metrics, metric) && typeof metrics[metric] === "number");
  const value: unknown = test?.metrics[metric];
  if (test === undefined || typeof value !== "number") {
    return { status: "missing", reason: `no performance or load test of ${subject} has measured ${metric} yet` };
  }
  const evidence = `${test.type} test ${test.name} of rollout ${test.rollout} in ${test.environment}`;
  return { status: "measured", value, samples: test.samples, evidence };
}
