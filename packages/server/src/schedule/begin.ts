import { dueAt, type Instant, NO_EVENT, SluiceError, toIso } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { appendEvents } from "../event/event.store.ts";
import { createRolloutService, type RolloutService } from "../rollout/rollout.service.ts";
import { automaton, createPerformer, type Performer } from "../trigger/perform.ts";
import { createWorkflowRuns, type WorkflowRuns } from "../workflow/run.service.ts";
import { activeAmong, insertScheduleRun, openRuns, type RunOutcome, type StoredScheduleRun } from "./run.store.ts";
import { type StoredSchedule, setNext } from "./schedule.store.ts";

/** What the runs of schedules are begun with. All of it belongs to the caller's transaction. */
export interface Beginner {
  /** Looks at what is due of a schedule that the caller has locked: begins its run, tells of what was missed. */
  beginDue(schedule: StoredSchedule & { nextAt: Date }, now: Instant): Promise<void>;
  /** Begins a run now, whatever the time, on behalf of whoever asks. */
  beginNow(schedule: StoredSchedule, principal: Principal, now: Instant): Promise<StoredScheduleRun>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}

interface Parts {
  db: Kysely<Database>;
  performer: Performer;
  rollouts: RolloutService;
  workflows: WorkflowRuns;
}

/** Failures that are nobody's fault: the transaction is given up, and the next look begins anew. */
const TRANSIENT = new Set(["unavailable", "aborted", "deadline_exceeded", "internal", "unknown"]);

export function createBeginner(deps: Deps): Beginner {
  const parts: Parts = {
    db: deps.db,
    performer: createPerformer(deps),
    rollouts: createRolloutService(deps),
    workflows: createWorkflowRuns(deps),
  };
  return {
    beginDue: (schedule, now) => beginDue(parts, schedule, now),
    beginNow: (schedule, principal, now) =>
      begin(parts, { schedule, principal, now, tick: null, note: `asked for by ${principal.name}` }),
  };
}

/** Whoever acts for a schedule. */
export const actorOf = ({ name, project, spec }: Pick<StoredSchedule, "name" | "project" | "spec">): Principal =>
  automaton(`schedule:${name}`, project, spec.action);

async function beginDue(parts: Parts, schedule: StoredSchedule & { nextAt: Date }, now: Instant): Promise<void> {
  const { run, missed, next } = dueAt(schedule.spec, schedule.nextAt.getTime(), now);
  await setNext(parts.db, schedule.id, next === null ? null : new Date(next));
  const principal = actorOf(schedule);
  if (missed !== null) {
    const { first, last, count } = missed;
    const times =
      count === 1 ? `its time ${toIso(last)} was` : `${count} times from ${toIso(first)} to ${toIso(last)} were`;
    const reason = `${times} missed: no server was there within ${schedule.spec.startingDeadlineSeconds} s`;
    await record(parts, { schedule, principal, tick: last, now }, idle("missed", reason));
  }
  if (run === null) return;
  const note = run.standsFor === 0 ? "" : `for ${run.standsFor + 1} times that were missed`;
  await begin(parts, { schedule, principal, tick: run.tick, note, now });
}

interface Begin {
  schedule: StoredSchedule;
  principal: Principal;
  tick: Instant | null;
  note: string;
  now: Instant;
}

type Result = Pick<StoredScheduleRun, "outcome" | "reason" | "version" | "rollouts" | "run">;

const idle = (outcome: RunOutcome, reason: string): Result => ({
  outcome,
  reason,
  version: null,
  rollouts: [],
  run: null,
});

async function begin(parts: Parts, request: Begin): Promise<StoredScheduleRun> {
  const { schedule, note } = request;
  const open = schedule.spec.concurrency === "allow" ? [] : await openRuns(parts.db, schedule.id);
  const result = await resultOf(parts, request, open);
  return record(parts, request, { ...result, reason: note === "" ? result.reason : `${note}: ${result.reason}` });
}

async function resultOf(parts: Parts, request: Begin, open: readonly StoredScheduleRun[]): Promise<Result> {
  const { db, performer } = parts;
  const { schedule, principal, now } = request;
  const { project, spec } = schedule;
  const [first] = open;
  if (first !== undefined && spec.concurrency === "forbid") {
    return idle("skipped", `run ${first.id} has not ended, and concurrency is forbid`);
  }
  // Outside of any transaction, after this one: `restarts.ts`.
  if (spec.action.type === "restart")
    return idle("running", `the instances of ${spec.action.deployment} are being replaced`);
  try {
    return await db.transaction().execute(async () => {
      for (const run of open) await end(parts, principal, run);
      return performer.perform({ action: spec.action, project, principal, event: NO_EVENT, now });
    });
  } catch (error) {
    if (!(error instanceof SluiceError) || TRANSIENT.has(error.code)) throw error;
    return idle("failed", error.message);
  }
}

/** Ends what a run has started, as far as that can be: a rollout that cannot be cancelled is superseded by what follows. */
async function end({ db, rollouts, workflows }: Parts, principal: Principal, run: StoredScheduleRun): Promise<void> {
  const comment = "replaced by the next run of its schedule";
  for (const id of await activeAmong(db, run.rollouts)) {
    await rollouts.command(principal, id, "cancel", { comment }).catch(ifRefused);
  }
  if (run.run === null) return;
  const kind = run.run.startsWith("job_") ? "job" : "workflow";
  await workflows.cancelRun(principal, run.run, kind, { comment }).catch(ifRefused);
}

function ifRefused(error: unknown): void {
  if (!(error instanceof SluiceError) || error.code !== "failed_precondition") throw error;
}

async function record(
  parts: Parts,
  { schedule, principal, tick, now }: Omit<Begin, "note">,
  result: Result,
): Promise<StoredScheduleRun> {
  const at = new Date(now);
  const run = await insertScheduleRun(parts.db, {
    ...result,
    ...{ id: newId("srn"), scheduleId: schedule.id, tick: tick === null ? null : new Date(tick) },
    ...{ actor: principal.name, startedAt: at, finishedAt: result.outcome === "running" ? null : at },
  });
  await tell(parts.db, schedule, run, at);
  return run;
}

const EVENTS: Readonly<Record<RunOutcome, { verb: string; alert: boolean }>> = {
  running: { verb: "begun", alert: false },
  started: { verb: "ran", alert: false },
  unchanged: { verb: "ran", alert: false },
  skipped: { verb: "skipped", alert: false },
  missed: { verb: "missed", alert: true },
  failed: { verb: "failed", alert: true },
};

/** Events and audit of a run, last in its transaction. */
export async function tell(
  db: Kysely<Database>,
  schedule: StoredSchedule,
  run: StoredScheduleRun,
  at: Date,
): Promise<void> {
  const { id, project, name } = schedule;
  const { outcome, reason, version, rollouts, actor } = run;
  const { verb, alert } = EVENTS[outcome];
  const tick = run.tick?.toISOString() ?? null;
  const detail = { schedule: id, run: run.id, tick, outcome, version, rollouts, workflowRun: run.run };
  const message = `schedule ${name}, ${verb}: ${reason}`;
  const about = { project, deployment: null, rollout: rollouts[0] ?? null };
  await appendEvents(db, [{ ...about, type: `schedule.${verb}`, message, alert, data: detail, at }]);
  await appendAudit(db, {
    project,
    actor,
    action: "schedule.run",
    subject: id,
    detail: { name, reason, ...detail },
    at,
  });
}
