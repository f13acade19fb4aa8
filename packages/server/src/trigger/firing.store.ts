import { type Selectable, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { storableText } from "../db/storable-json.ts";

export const FIRING_OUTCOMES = ["started", "unchanged", "ignored", "failed"] as const;

export type FiringOutcome = (typeof FIRING_OUTCOMES)[number];

/** What the event was about, as far as it told. */
export interface FiringFacts {
  type?: string;
  repository?: string | null;
  branch?: string | null;
  tag?: string | null;
  commit?: string | null;
}

export interface StoredFiring {
  id: string;
  triggerId: string;
  /** The sender's id of the delivery. */
  delivery: string;
  digest: string;
  event: string;
  outcome: FiringOutcome;
  reason: string;
  facts: FiringFacts;
  version: string | null;
  rollouts: string[];
  run: string | null;
  actor: string;
  attempts: number;
  at: Date;
}

const stored = ({ trigger_id, facts, ...row }: Selectable<Database["trigger_firings"]>): StoredFiring => ({
  ...row,
  facts,
  triggerId: trigger_id,
});

export async function findFiring(db: Db, trigger: string, delivery: string): Promise<StoredFiring | null> {
  const row = await db
    .selectFrom("trigger_firings")
    .selectAll()
    .where("trigger_id", "=", trigger)
    .where("delivery", "=", delivery)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** One that did its work for the very same body, whatever its delivery was called. */
export async function findDoneWithContent(db: Db, trigger: string, digest: string): Promise<StoredFiring | null> {
  const row = await db
    .selectFrom("trigger_firings")
    .selectAll()
    .where("trigger_id", "=", trigger)
    .where("digest", "=", digest)
    .where("outcome", "in", ["started", "unchanged"])
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Writes down what came of a delivery; of one that came before without success, this attempt is what counts. */
export async function saveFiring(db: Db, firing: Omit<StoredFiring, "attempts">): Promise<StoredFiring> {
  const { triggerId, facts, rollouts, reason, ...values } = firing;
  const written = {
    ...values,
    reason: storableText(reason),
    facts: JSON.stringify(facts),
    rollouts: JSON.stringify(rollouts),
  };
  const { id: _id, delivery: _delivery, ...again } = written;
  const row = await db
    .insertInto("trigger_firings")
    .values({ ...written, trigger_id: triggerId })
    .onConflict((conflict) =>
      conflict
        .columns(["trigger_id", "delivery"])
        .doUpdateSet({ ...again, attempts: sql`trigger_firings.attempts + 1` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return stored(row);
}

export interface FiringFilter {
  trigger: string;
  outcome?: FiringOutcome | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listFirings(db: Db, filter: FiringFilter): Promise<StoredFiring[]> {
  let query = db.selectFrom("trigger_firings").selectAll().where("trigger_id", "=", filter.trigger);
  if (filter.outcome !== undefined) query = query.where("outcome", "=", filter.outcome);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(stored);
}

/** Forgets deliveries that started nothing; the others are what a replay is recognised by. */
export async function forgetIdleFirings(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom("trigger_firings")
    .where("at", "<", before)
    .where("outcome", "in", ["ignored", "failed"])
    .execute();
}
