import {
  type AutomatedAction,
  environmentsOf,
  type Instant,
  invalidField,
  isPlaceholder,
  nameSchema,
  nextTick,
  placeholdersInside,
  type ScheduleSpec,
  SluiceError,
  shownAction,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { requireEnvironment } from "../deployment/references.ts";
import type { Live } from "../engine/live.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { assertNothingHidden } from "../trigger/trigger.service.ts";
import { createBeginner } from "./begin.ts";
import { listScheduleRuns, type RunOutcome, type StoredScheduleRun } from "./run.store.ts";
import {
  countSchedules,
  deleteSchedule,
  findSchedule,
  findScheduleNamed,
  insertSchedule,
  listSchedules,
  lockSchedule,
  replaceSchedule,
  type StoredSchedule,
} from "./schedule.store.ts";

/** How a caller names a schedule: by its id, or by its name within a project. */
export interface ScheduleName {
  id: string;
  project?: string | undefined;
}

export interface NewScheduleInput {
  project?: string | undefined;
  name: string;
  paused: boolean;
  spec: ScheduleSpec;
}

export type ScheduleChange = { [Field in keyof ScheduleSpec]?: ScheduleSpec[Field] | undefined } & {
  paused?: boolean | undefined;
};

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}

/** Schedules that one project may have. */
const MOST_SCHEDULES = 500;

export type ScheduleService = ReturnType<typeof createScheduleService>;

/** What people do with schedules. What time does is `clockwork.ts`. */
export function createScheduleService(deps: Deps) {
  const { db, clock } = deps;
  const beginner = createBeginner(deps);
  return {
    async create(principal: Principal, input: NewScheduleInput): Promise<StoredSchedule> {
      const project = projectOf(principal, input.project);
      const { name, paused, spec } = input;
      mayWrite(principal, project, spec.action);
      const now = clock();
      const at = new Date(now);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        await assertAction(tx, project, spec.action);
        if ((await countSchedules(tx, project)) >= MOST_SCHEDULES) {
          throw new SluiceError(
            "resource_exhausted",
            `a project may have ${MOST_SCHEDULES} schedules; delete one first`,
          );
        }
        const schedule = {
          ...{ id: newId("sch"), project, name, environment: environmentOf(spec.action), spec, paused },
          ...{ nextAt: nextOf(spec, paused, now), createdAt: at, createdBy: principal.name, updatedAt: at },
        };
        if (!(await insertSchedule(tx, schedule))) {
          throw new SluiceError("already_exists", `schedule ${name} exists already in project ${project}`);
        }
        await audit(tx, principal, schedule, "create", { name, paused, ...shownSchedule(spec) }, at);
        return schedule;
      });
    },

    async list(
      principal: Principal,
      query: PageQuery & { project?: string | undefined },
    ): Promise<Page<StoredSchedule>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "schedule.read", { project });
      const after = keyOfCursor(query.cursor);
      const { environment } = principal;
      const rows = await listSchedules(db, { project, environment, after, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    get: (principal: Principal, name: ScheduleName): Promise<StoredSchedule> => requireSchedule(db, principal, name),

    /** A new time, or the end of a pause, counts from now on. */
    async update(principal: Principal, name: ScheduleName, change: ScheduleChange): Promise<StoredSchedule> {
      const { id, project } = await requireSchedule(db, principal, name);
      const now = clock();
      const at = new Date(now);
      return db.transaction().execute(async (tx) => {
        const before = await relock(tx, id, name);
        mayWrite(principal, project, before.spec.action);
        const { paused = before.paused, ...given } = change;
        const spec = merged(before.spec, given);
        mayWrite(principal, project, spec.action);
        if (change.action !== undefined) await assertAction(tx, project, spec.action);
        const isTimed =
          paused === before.paused && spec.schedule === before.spec.schedule && spec.timezone === before.spec.timezone;
        const nextAt = isTimed ? before.nextAt : nextOf(spec, paused, now);
        const schedule = { ...before, spec, paused, nextAt, environment: environmentOf(spec.action), updatedAt: at };
        await replaceSchedule(tx, schedule);
        await audit(tx, principal, schedule, "update", { name: schedule.name, paused, ...shownSchedule(spec) }, at);
        return schedule;
      });
    },

    async remove(principal: Principal, name: ScheduleName): Promise<void> {
      const { id, project } = await requireSchedule(db, principal, name);
      const at = new Date(clock());
      await db.transaction().execute(async (tx) => {
        const schedule = await relock(tx, id, name);
        mayWrite(principal, project, schedule.spec.action);
        await deleteSchedule(tx, id);
        await audit(tx, principal, schedule, "delete", { name: schedule.name }, at);
      });
    },

    /** Begins a run now, on behalf of whoever asks. */
    async run(principal: Principal, name: ScheduleName): Promise<StoredScheduleRun> {
      const { id, project, environment } = await requireSchedule(db, principal, name);
      authorise(principal, "deployment.write", { project, ...(environment !== null && { environment }) });
      const here = {
        ...principal,
        project,
        environment: principal.environment ?? (environment === null ? null : environment),
      };
      return inAmbientTransaction(db, async () => {
        const schedule = await relock(db, id, name);
        // A promotion reads in one environment and writes in another.
        const actor = schedule.spec.action.type === "promote" ? { ...here, environment: principal.environment } : here;
        return beginner.beginNow(schedule, actor, clock());
      });
    },

    /** Newest first. */
    async runs(
      principal: Principal,
      name: ScheduleName,
      query: PageQuery & { outcome?: RunOutcome | undefined },
    ): Promise<Page<StoredScheduleRun>> {
      const { id } = await requireSchedule(db, principal, name);
      const before = keyOfCursor(query.cursor);
      const rows = await listScheduleRuns(db, { schedule: id, outcome: query.outcome, before, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.id,
        (row) => row,
      );
    },
  };
}

/** Throws `not_found`, also for one that the principal may not know of. */
async function requireSchedule(db: Db, principal: Principal, { id, project }: ScheduleName): Promise<StoredSchedule> {
  const isKnown = nameSchema.safeParse(id).success;
  const found = id.startsWith("sch_")
    ? findSchedule(db, id)
    : isKnown
      ? findScheduleNamed(db, projectOf(principal, project), id)
      : null;
  const schedule = await found;
  if (schedule === null) throw missing(id);
  if (principal.project !== null && principal.project !== schedule.project) throw missing(id);
  const { environment } = schedule;
  authorise(principal, "schedule.read", { project: schedule.project, ...(environment !== null && { environment }) });
  return schedule;
}

const missing = (id: string): SluiceError => new SluiceError("not_found", `schedule ${id} does not exist`);

async function relock(tx: Db, id: string, name: ScheduleName): Promise<StoredSchedule> {
  const schedule = await lockSchedule(tx, id);
  if (schedule === null) throw missing(name.id);
  return schedule;
}

function nextOf(spec: ScheduleSpec, paused: boolean, now: Instant): Date | null {
  const next = paused ? null : nextTick(spec, now);
  return next === null ? null : new Date(next);
}

const environmentOf = (action: AutomatedAction): string | null => environmentsOf(action)[0] ?? null;

/** What acts without a person is for administrators to set up; one of a single environment, for that environment. */
function mayWrite(principal: Principal, project: string, action: AutomatedAction): void {
  const environments = action.type === "promote" ? [action.environment, action.to] : environmentsOf(action);
  authorise(principal, "schedule.write", { project });
  for (const environment of environments) authorise(principal, "schedule.write", { project, environment });
  if (environments.length === 0 && principal.environment !== null) {
    const why = `the token is for environment ${principal.environment}, this schedule's action names none`;
    throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  }
}

/** Of what an event would tell, time tells nothing. */
const TIMELESS = new Set(["latest", "date"]);

async function assertAction(tx: Db, project: string, action: AutomatedAction): Promise<void> {
  assertNothingHidden(action);
  const foreign = placeholdersOf(action).find((name) => !TIMELESS.has(name));
  if (foreign !== undefined) {
    throw invalidField("action", `{{${foreign}}}`, "{{latest}} and {{date}}: a time knows neither tag nor commit");
  }
  if (action.type === "promote") await requireEnvironment(tx, project, action.environment, "action.environment");
  const field = action.type === "promote" ? "action.to" : "action.environment";
  for (const environment of environmentsOf(action)) await requireEnvironment(tx, project, environment, field);
}

function placeholdersOf(action: AutomatedAction): string[] {
  switch (action.type) {
    case "deploy":
      return placeholdersInside(action.version);
    case "run":
      return placeholdersInside(action.inputs);
    case "job":
      return placeholdersInside([action.version, Object.values(action.env)]).filter(isPlaceholder);
    default:
      return [];
  }
}

/** As answers and audit entries show it. */
export const shownSchedule = (spec: ScheduleSpec): ScheduleSpec => ({ ...spec, action: shownAction(spec.action) });

const merged = (before: ScheduleSpec, given: ScheduleChange): ScheduleSpec => ({
  description: given.description ?? before.description,
  schedule: given.schedule ?? before.schedule,
  timezone: given.timezone ?? before.timezone,
  action: given.action ?? before.action,
  startingDeadlineSeconds: given.startingDeadlineSeconds ?? before.startingDeadlineSeconds,
  missedRuns: given.missedRuns ?? before.missedRuns,
  concurrency: given.concurrency ?? before.concurrency,
});

async function audit(
  tx: Db,
  principal: Principal,
  { id, project }: StoredSchedule,
  verb: string,
  detail: Record<string, unknown>,
  at: Date,
): Promise<void> {
  await appendAudit(tx, { project, actor: principal.name, action: `schedule.${verb}`, subject: id, detail, at });
}
