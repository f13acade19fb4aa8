import { SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import type { EventBell } from "./event.bell.ts";
import { BEGINNING, type EventFilter, endOfEvents, eventsAfter, isPosition, type StoredEvent } from "./event.reader.ts";

export interface EventQuery {
  project?: string | undefined;
  deployment?: string | undefined;
  type?: string | undefined;
  alert?: boolean | undefined;
}

export interface Paging {
  limit: number;
  cursor?: string | undefined;
}

/** Events read at a time by a stream. */
const BATCH = 200;

/**
 * A stream looks by itself this often: what a transaction wrote can only be read once all older ones have ended, and
 * their end rings no bell.
 */
const LOOK_EVERY = 250;

export type EventService = ReturnType<typeof createEventService>;

export function createEventService({ db, bell }: { db: Kysely<Database>; bell: EventBell }) {
  async function* follow(filter: EventFilter, from: string, signal: AbortSignal): AsyncGenerator<StoredEvent[]> {
    for (let position = from; !signal.aborted; ) {
      const rung = bell.next(LOOK_EVERY, signal);
      const events = await eventsAfter(db, filter, position, BATCH);
      if (events.length > 0) yield events;
      position = events.at(-1)?.position ?? position;
      if (events.length < BATCH) await rung;
    }
  }

  return {
    /** What the caller may see of a project. */
    filterOf(principal: Principal, query: EventQuery): EventFilter {
      const project = projectOf(principal, query.project);
      authorise(principal, "event.read", { project });
      const { deployment, type, alert } = query;
      return { project, deployment, type, alert, environment: principal.environment ?? undefined };
    },

    /** The events of one rollout. Throws `not_found`. */
    async filterOfRollout(principal: Principal, id: string): Promise<EventFilter> {
      const rollout = await db
        .selectFrom("rollouts")
        .select(["project", "environment"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (rollout === undefined || (principal.project !== null && principal.project !== rollout.project)) {
        throw new SluiceError("not_found", `rollout ${id} does not exist`);
      }
      authorise(principal, "event.read", rollout);
      return { project: rollout.project, rollout: id };
    },

    /** The events of one run of a workflow, or of one job. Throws `not_found`. */
    async filterOfRun(principal: Principal, id: string): Promise<EventFilter> {
      const run = await db
        .selectFrom("workflow_runs")
        .select(["project", "environment"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (run === undefined || (principal.project !== null && principal.project !== run.project)) {
        throw new SluiceError("not_found", `run ${id} does not exist`);
      }
      const { project, environment } = run;
      authorise(principal, "event.read", { project, ...(environment !== null && { environment }) });
      return { project, run: id };
    },

    /** Oldest first. */
    async list(filter: EventFilter, { limit, cursor }: Paging): Promise<Page<StoredEvent>> {
      const after = keyOfCursor(cursor) ?? BEGINNING;
      if (!isPosition(after)) throw new SluiceError("invalid_argument", "query.cursor is not of a list of events");
      const rows = await eventsAfter(db, filter, after, limit + 1);
      return toPage(
        rows,
        limit,
        (row) => row.position,
        (row) => row,
      );
    },

    /** Position of the newest event: what a stream of only new ones begins after. */
    end: (): Promise<string> => endOfEvents(db),

    /** Batches of events after the position, for ever, until the signal aborts. Throws when the database is away. */
    follow,
  };
}
