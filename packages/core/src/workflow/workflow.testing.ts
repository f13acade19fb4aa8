import { advanceRun } from "./advance.ts";
import type { AttemptFact, Condition, RunEffect } from "./advance.types.ts";
import { createRun, isTaskEnded, type WorkflowRun } from "./run.ts";
import { type WorkflowSpec, workflowSchema } from "./workflow.schema.ts";

const step = { run: { command: ["true"] } };

/** A workflow whose stages run a command unless they say otherwise. */
export const specOf = (stages: object[], more: object = {}): WorkflowSpec =>
  workflowSchema.parse({ ...more, stages: stages.map((stage) => ({ ...step, ...stage })) });

/** A run of it, at its beginning. */
export const start = (spec: WorkflowSpec, more: object = {}): WorkflowRun =>
  createRun(
    {
      ...{ id: "wfr_1", project: "default", workflow: "w", version: 1, spec, inputs: {}, environment: "" },
      ...{ ref: { branch: "", tag: "", commit: "" }, triggeredBy: "ada" },
      ...more,
    },
    0,
  );

/** A world in which attempts are begun when they are asked for, and end as the test says. */
export class World {
  readonly spec: WorkflowSpec;
  run: WorkflowRun;
  now = 0;
  places = 100;
  readonly attempts = new Map<string, AttemptFact>();
  readonly conditions = new Map<string, Condition>();
  readonly begun: { task: string; ended: Set<string> }[] = [];

  constructor(spec: WorkflowSpec, run = start(spec)) {
    this.spec = spec;
    this.run = run;
  }

  advance(decide: (task: string) => Condition = () => ({ value: true })): RunEffect[] {
    const facts = { attempts: this.attempts, conditions: this.conditions, places: this.places };
    const { run, effects } = advanceRun(this.spec, this.run, facts, this.now);
    this.run = run;
    for (const effect of effects) {
      if (effect.type === "evaluate") this.conditions.set(effect.task, decide(effect.task));
      if (effect.type === "begin") {
        this.attempts.set(effect.task, { attempt: effect.attempt, status: "running", reason: null, outputs: {} });
        this.begun.push({
          task: effect.task,
          ended: new Set(run.tasks.filter(({ status }) => isTaskEnded(status)).map(({ stage }) => stage)),
        });
      }
    }
    return effects;
  }

  end(task: string, status: "succeeded" | "failed" | "lost", more: Partial<AttemptFact> = {}): void {
    const before = this.attempts.get(task);
    if (before === undefined) throw new Error(`${task} was not begun`);
    this.attempts.set(task, { ...before, status, reason: status === "succeeded" ? null : "no luck", ...more });
  }

  status(task: string): string | undefined {
    return this.run.tasks.find(({ key }) => key === task)?.status;
  }

  running(): string[] {
    return [...this.attempts].filter(([, fact]) => fact.status === "running").map(([task]) => task);
  }
}
