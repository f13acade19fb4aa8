import type { Instant } from "../time.ts";
import { seconds } from "../time.ts";
import type { AdvancedRun, AttemptFact, RunEffect, RunEvent, RunFacts } from "./advance.types.ts";
import { ancestorsOf } from "./graph.ts";
import {
  isRunEnded,
  isTaskEnded,
  type StopCause,
  stageStatus,
  type TaskState,
  takesPlace,
  type WorkflowRun,
} from "./run.ts";
import type { Stage, WorkflowSpec } from "./workflow.schema.ts";

/** An attempt that was told to stop and still runs is given up after this, beyond the time its own stop takes. */
const GIVE_UP = seconds(60);
/** Attempts up to this one are made good when they were lost. */
const LOST_AGAIN = 5;
const LONGEST_DELAY = seconds(3_600);

/**
 * One step of a run: pure, level-triggered, and the same for the same facts. No stage begins before its needs have ended as it
 * asks; every run ends, since attempts have a time limit and what does not stop is given up.
 */
export function advanceRun(spec: WorkflowSpec, before: WorkflowRun, facts: RunFacts, now: Instant): AdvancedRun {
  if (isRunEnded(before.status)) return { run: before, effects: [], events: [], wakeAt: null };
  const turn = new Turn(spec, before, facts, now);
  turn.run();
  return turn.result();
}

class Turn {
  readonly #spec: WorkflowSpec;
  readonly #facts: RunFacts;
  readonly #now: Instant;
  readonly #events: RunEvent[] = [];
  readonly #effects: RunEffect[] = [];
  readonly #times: Instant[] = [];
  #run: WorkflowRun;
  #places: number;

  constructor(spec: WorkflowSpec, run: WorkflowRun, facts: RunFacts, now: Instant) {
    this.#spec = spec;
    this.#run = run;
    this.#facts = facts;
    this.#now = now;
    this.#places = facts.places;
  }

  run(): void {
    if (this.#run.startedAt === null) this.#begin();
    this.#heedDeadline();
    for (const { key, status } of this.#run.tasks) if (status === "running") this.#look(key);
    // An end may unlock what comes behind it, and that may be skipped at once.
    for (let moved = true; moved; ) {
      const before = this.#run.tasks;
      for (const { key } of before) this.#move(key);
      moved = this.#run.tasks !== before;
    }
    this.#end();
  }

  result(): AdvancedRun {
    const future = this.#times.filter((at) => at > this.#now);
    return {
      run: this.#run,
      effects: this.#effects,
      events: this.#events,
      wakeAt: future.length === 0 ? null : Math.min(...future),
    };
  }

  #begin(): void {
    this.#run = { ...this.#run, startedAt: this.#now, status: this.#run.cancel === null ? "running" : "cancelling" };
    this.#tell("workflow.run.started", `run ${this.#run.id} of ${this.#run.workflow} began`);
  }

  #heedDeadline(): void {
    const deadline = (this.#run.startedAt ?? this.#now) + seconds(this.#spec.timeoutSeconds);
    if (this.#run.cancel === null && this.#now >= deadline) {
      this.#run = { ...this.#run, status: "cancelling", cancel: { by: "sluice", at: this.#now, cause: "run_timeout" } };
      this.#tell("workflow.run.timed-out", `run ${this.#run.id} is over its ${this.#spec.timeoutSeconds} s`, {
        alert: true,
      });
    }
    this.#times.push(deadline);
  }

  /** Folds what is known of a running attempt. */
  #look(key: string) {
    const task = this.#task(key);
    const stage = this.#stage(task);
    const fact = this.#facts.attempts.get(key);
    const known = fact?.attempt === task.attempt ? fact : undefined;
    if (known !== undefined && known.status !== "running") return this.#attemptEnded(task, stage, known);
    const stop = task.stop ?? this.#stopOf(task, stage);
    if (stop === null) {
      if (known === undefined) this.#effects.push({ type: "begin", task: key, attempt: task.attempt });
      return;
    }
    // Nothing of it has begun: there is nothing to stop either.
    if (known === undefined) return this.#stopped(task, stop.cause, "before it began");
    if (task.stop === null) this.#put({ ...task, stop });
    const givenUp = stop.at + seconds(stage.run?.stopSeconds ?? 0) + GIVE_UP;
    if (this.#now >= givenUp) return this.#stopped(task, stop.cause, "and did not end when it was told to");
    this.#times.push(givenUp);
    this.#effects.push({ type: "stop", task: key, attempt: task.attempt, cause: stop.cause });
  }

  #stopOf(task: TaskState, stage: Stage): TaskState["stop"] {
    if (this.#run.cancel !== null) return { cause: this.#run.cancel.cause, at: this.#now };
    const deadline = (task.startedAt ?? this.#now) + seconds(stage.timeoutSeconds);
    this.#times.push(deadline);
    return this.#now >= deadline ? { cause: "timeout", at: this.#now } : null;
  }

  #attemptEnded(task: TaskState, stage: Stage, fact: AttemptFact) {
    const ended = { ...task, outputs: fact.outputs, finishedAt: this.#now };
    if (fact.status === "succeeded") {
      this.#put({ ...ended, status: "succeeded", stop: null, reason: fact.reason });
      this.#tellEnd(task, "succeeded");
      return;
    }
    if (task.stop !== null) {
      // Of a command its end says no more than that it was stopped; what is built in says what it waited for.
      return this.#stopped(ended, task.stop.cause, stage.run === undefined ? `(${fact.reason})` : "");
    }
    const mayRepeat = fact.hopeless !== true && this.#mayRepeat(stage, fact);
    // That a server died is not the stage's fault, and costs it no retry; not for ever, for it may be what kills it.
    const extra = fact.status === "lost" && task.attempt <= LOST_AGAIN ? 1 : 0;
    this.#failed(ended, stage, fact.reason ?? "it failed", mayRepeat, extra);
  }

  /** What may have happened already must not happen twice unless the stage says that this is harmless. */
  #mayRepeat(stage: Stage, fact: AttemptFact): boolean {
    return fact.status !== "lost" || stage.run === undefined || stage.run.idempotent;
  }

  #stopped(task: TaskState, cause: StopCause, detail: string) {
    const stage = this.#stage(task);
    const tail = detail === "" || detail.startsWith(",") ? detail : ` ${detail}`;
    if (cause === "timeout") {
      this.#failed(
        { ...task, finishedAt: this.#now },
        stage,
        `it ran longer than ${stage.timeoutSeconds} s${tail}`,
        true,
      );
      return;
    }
    const why = cause === "cancelled" ? "the run was cancelled" : "the run took too long";
    this.#put({ ...task, status: "cancelled", stop: null, reason: `${why}${tail}`, finishedAt: this.#now });
    this.#tellEnd(task, "cancelled", why);
  }

  #failed(task: TaskState, stage: Stage, reason: string, mayRepeat: boolean, extra = 0) {
    const budget = this.#run.retriesLeft;
    const left = Math.max(0, budget ?? stage.retries - (task.attempt - 1)) + extra;
    if (mayRepeat && left > 0 && this.#run.cancel === null) {
      if (budget !== null) this.#run = { ...this.#run, retriesLeft: Math.max(0, budget - 1) };
      const delay = Math.min(LONGEST_DELAY, seconds(stage.retryDelaySeconds) * 2 ** Math.min(20, task.attempt - 1));
      this.#put({ ...task, status: "queued", stop: null, reason, notBefore: this.#now + delay, finishedAt: null });
      this.#tell("workflow.stage.retried", `${task.key} is tried again: ${reason}`, { task });
      return;
    }
    this.#put({ ...task, status: "failed", stop: null, reason });
    this.#tellEnd(task, "failed", reason, !stage.continueOnError);
  }

  /** Moves a task that does not run as far as it can go now. */
  #move(key: string) {
    const task = this.#task(key);
    if (isTaskEnded(task.status) || task.status === "running") return;
    if (this.#run.cancel !== null) return this.#stopped(task, this.#run.cancel.cause, "");
    const stage = this.#stage(task);
    if (task.status === "pending") return this.#unlock(task, stage);
    if (task.status === "awaiting_approval") return this.#heedPeople(task, stage);
    this.#dispatch(task);
  }

  #unlock(task: TaskState, stage: Stage) {
    const needs = this.#needs(stage);
    if (needs === null) return;
    const why = unmet(stage, needs);
    if (why !== null) return this.#skip(task, why);
    if (stage.when !== undefined) {
      const condition = this.#facts.conditions.get(task.key);
      if (condition === undefined) {
        if (!this.#effects.some((effect) => effect.type === "evaluate" && effect.task === task.key)) {
          this.#effects.push({ type: "evaluate", task: task.key });
        }
        return;
      }
      if ("problem" in condition) {
        this.#failed({ ...task, finishedAt: this.#now }, stage, `its condition: ${condition.problem}`, false);
        return;
      }
      if (!condition.value) return this.#skip(task, `its condition is false: ${stage.when}`);
    }
    if (stage.approval === undefined) return this.#put({ ...task, status: "queued" });
    this.#put({ ...task, status: "awaiting_approval", askedAt: this.#now });
    this.#tell("workflow.stage.awaiting-approval", `${task.key} of ${this.#run.workflow} waits for approval`, {
      task,
      alert: true,
    });
  }

  /** What the needs have come to; null while one of them has not ended. */
  #needs(stage: Stage): Need[] | null {
    const needs: Need[] = [];
    // Whoever waits for a failure means the first cause too, not only what was skipped because of it.
    const names = stage.runOn === "failure" ? ancestorsOf(this.#spec.stages, stage.name) : stage.needs;
    for (const name of names) {
      const status = stageStatus(this.#run, name);
      if (status === null) return null;
      const tolerated = this.#spec.stages.find((one) => one.name === name)?.continueOnError === true;
      needs.push({ name, outcome: status === "failed" && tolerated ? "succeeded" : status });
    }
    return needs;
  }

  #heedPeople(task: TaskState, { approval }: Stage) {
    if (approval === undefined || task.askedAt === null) return this.#put({ ...task, status: "queued" });
    const rejected = task.approvals.find(({ approved }) => !approved);
    const end = (reason: string) => {
      this.#put({ ...task, status: "failed", reason, finishedAt: this.#now });
      this.#tellEnd(task, "failed", reason, true);
    };
    if (rejected !== undefined) return end(`${rejected.by} rejected it${rejected.comment && `: ${rejected.comment}`}`);
    if (task.approvals.length >= approval.approvers) return this.#put({ ...task, status: "queued" });
    const expires = task.askedAt + seconds(approval.expiresAfterSeconds);
    if (this.#now >= expires) return end(`nobody approved it within ${approval.expiresAfterSeconds} s`);
    this.#times.push(expires);
  }

  #dispatch(task: TaskState) {
    if (task.notBefore !== null && this.#now < task.notBefore) {
      this.#times.push(task.notBefore);
      return;
    }
    const running = this.#run.tasks.filter(({ status }) => status === "running").length;
    if (running >= this.#spec.parallelism) return;
    if (takesPlace(this.#spec, task.stage)) {
      if (this.#places < 1) return;
      this.#places -= 1;
    }
    const attempt = task.attempt + 1;
    this.#put({
      ...task,
      status: "running",
      attempt,
      notBefore: null,
      outputs: {},
      startedAt: this.#now,
      finishedAt: null,
    });
    this.#effects.push({ type: "begin", task: task.key, attempt });
    this.#times.push(this.#now + seconds(this.#stage(task).timeoutSeconds));
    this.#tell("workflow.stage.started", `${task.key} of ${this.#run.workflow} began`, { task });
  }

  #skip(task: TaskState, reason: string) {
    this.#put({ ...task, status: "skipped", reason, finishedAt: this.#now });
    this.#tellEnd(task, "skipped", reason);
  }

  #end(): void {
    const { tasks, cancel, id, workflow } = this.#run;
    if (!tasks.every(({ status }) => isTaskEnded(status))) return;
    const fatal = tasks.find((task) => task.status === "failed" && !this.#stage(task).continueOnError);
    const status =
      cancel?.cause === "cancelled" ? "cancelled" : cancel !== null || fatal !== undefined ? "failed" : "succeeded";
    const reason =
      cancel?.cause === "cancelled"
        ? `cancelled by ${cancel.by}`
        : cancel !== null
          ? `it took longer than ${this.#spec.timeoutSeconds} s`
          : fatal === undefined
            ? null
            : `${fatal.key}: ${fatal.reason}`;
    this.#run = { ...this.#run, status, reason, finishedAt: this.#now };
    const words = reason === null ? "" : `: ${reason}`;
    this.#tell(`workflow.run.${status}`, `run ${id} of ${workflow} ${status}${words}`, { alert: status === "failed" });
  }

  #task(key: string): TaskState {
    const task = this.#run.tasks.find((one) => one.key === key);
    if (task === undefined) throw new TypeError(`the run has no task ${key}`);
    return task;
  }

  #stage(task: TaskState): Stage {
    const stage = this.#spec.stages.find(({ name }) => name === task.stage);
    if (stage === undefined) throw new TypeError(`the workflow has no stage ${task.stage}`);
    return stage;
  }

  #put(task: TaskState) {
    this.#run = { ...this.#run, tasks: this.#run.tasks.map((one) => (one.key === task.key ? task : one)) };
  }

  #tellEnd(task: TaskState, how: string, reason = "", alert = false) {
    const words = reason === "" ? "" : `: ${reason}`;
    this.#tell(`workflow.stage.${how}`, `${task.key} of ${this.#run.workflow} ${WORDS[how] ?? how}${words}`, {
      task,
      alert,
    });
  }

  #tell(type: string, message: string, about: { task?: TaskState; alert?: boolean } = {}): void {
    const { task, alert = false } = about;
    this.#events.push({ type, message, alert, stage: task?.stage ?? null, task: task?.key ?? null });
  }
}

const WORDS: Readonly<Record<string, string>> = { skipped: "was skipped", cancelled: "was cancelled" };

interface Need {
  name: string;
  outcome: TaskState["status"];
}

/** Why the stage does not run, given what its needs have come to; null when it does. */
function unmet({ runOn }: Stage, needs: readonly Need[]): string | null {
  if (runOn === "always") return null;
  const bad = needs.find(({ outcome }) => outcome === "failed" || outcome === "cancelled");
  if (runOn === "failure") return bad === undefined ? "nothing that it needs has failed" : null;
  const missing = bad ?? needs.find(({ outcome }) => outcome !== "succeeded");
  return missing === undefined ? null : `${missing.name}, which it needs, ${WORDS[missing.outcome] ?? missing.outcome}`;
}
