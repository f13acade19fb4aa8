import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredEvent {
  /** Place in the one order of all events; the `id` of Server-Sent Events and of cursors. */
  position: string;
  seq: number;
  project: string;
  deployment: string | null;
  rollout: string | null;
  type: string;
  message: string;
  alert: boolean;
  data: Record<string, unknown>;
  at: Date;
}

export interface EventFilter {
  /** Null: every project, for what reads on behalf of nobody. */
  project: string | null;
  rollout?: string | undefined;
  /** Of a workflow, or of a job. */
  run?: string | undefined;
  deployment?: string | undefined;
  type?: string | undefined;
  alert?: boolean | undefined;
  /** Only events of this environment and of deployments in it. */
  environment?: string | undefined;
}

const POSITION = /^(\d{1,20})-(\d{1,16})$/;

export const isPosition = (text: string): boolean => POSITION.test(text);

/** Before every event. */
export const BEGINNING = "0-0";

/**
 * Events after a position, oldest first. Numbers are handed out when a row is written and seen when its transaction
 * commits, so a plain "greater than the last number" would skip rows of a slower transaction. Therefore the order is
 * (transaction, number), and only transactions older than every one still open are read: what is below is final.
 */
export async function eventsAfter(db: Db, filter: EventFilter, after: string, limit: number): Promise<StoredEvent[]> {
  const [, xact = "0", seq = "0"] = POSITION.exec(after) ?? [];
  const rows = await db
    .selectFrom("events")
    .selectAll()
    .where(sql<boolean>`(xact, seq) > (${xact}::text::xid8, ${Number(seq)}::bigint)`)
    .where(sql<boolean>`xact < pg_snapshot_xmin(pg_current_snapshot())`)
    .where((where) => where.and(conditions(where, filter)))
    .orderBy("xact")
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    position: `${row.xact}-${row.seq}`,
    seq: row.seq,
    project: row.project,
    deployment: row.deployment_id,
    rollout: row.rollout_id,
    type: row.type,
    message: row.message,
    alert: row.alert,
    data: row.data,
    at: row.at,
  }));
}

/** The position after which nothing can be read yet: where a stream of only new events begins. */
export async function endOfEvents(db: Db): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    select coalesce(
      (select xact::text || '-' || seq from events
       where xact < pg_snapshot_xmin(pg_current_snapshot()) order by xact desc, seq desc limit 1),
      ${BEGINNING}) as position`.execute(db);
  return rows[0]?.position ?? BEGINNING;
}

function conditions(where: ExpressionBuilder<Database, "events">, filter: EventFilter): Expression<SqlBool>[] {
  const { project, rollout, run, deployment, type, alert, environment } = filter;
  return [
    ...(project === null ? [] : [where("project", "=", project)]),
    ...(rollout === undefined ? [] : [where("rollout_id", "=", rollout)]),
    ...(run === undefined ? [] : [sql<SqlBool>`data ? 'run' and data ->> 'run' = ${run}`]),
    ...(deployment === undefined ? [] : [where("deployment_id", "=", deployment)]),
    ...(type === undefined ? [] : [where("type", "=", type)]),
    ...(alert === undefined ? [] : [where("alert", "=", alert)]),
    ...(environment === undefined ? [] : [inEnvironment(environment)]),
  ];
}

const inEnvironment = (environment: string): Expression<SqlBool> =>
  sql<SqlBool>`(deployment_id in (select id from deployments where environment = ${environment})
    or (type like 'environment.%' and data ->> 'environment' = ${environment})
    or type = 'token.revoked')`;
