import type { Delivery, DeliveryStatus, Message } from "@sluice/core";
import { type Selectable, sql } from "kysely";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { storableText } from "../db/storable-json.ts";

/** One message to one receiver, as it is kept. */
export interface StoredDelivery extends Delivery {
  /** Also the id of the message, the same for every attempt. */
  id: string;
  project: string;
  receiver: string;
  message: Message;
  reason: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const stored = (row: Selectable<Database["outbox"]>): StoredDelivery => ({
  id: row.id,
  project: row.project,
  receiver: row.receiver,
  message: row.message,
  status: row.status,
  attempts: row.attempts,
  dueAt: row.due_at.getTime(),
  reason: row.reason,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
});

export interface Letter {
  project: string;
  receiver: string;
  message: Message;
  at: Date;
  /** Why it does not go; absent: it does. */
  heldBack?: string;
}

/** Puts messages on their way, in this order, when the caller's transaction commits. Answers their ids. */
export async function enqueue(db: Db, letters: readonly Letter[]): Promise<string[]> {
  if (letters.length === 0) return [];
  const rows = letters.map(({ project, receiver, message, at, heldBack }) => ({
    id: newId("dlv"),
    project,
    receiver,
    message: JSON.stringify(message),
    status: heldBack === undefined ? ("pending" as const) : ("held_back" as const),
    due_at: at,
    reason: heldBack ?? null,
    created_at: at,
    finished_at: heldBack === undefined ? null : at,
  }));
  await db.insertInto("outbox").values(rows).execute();
  return rows.map(({ id }) => id);
}

/** The oldest message of each receiver that is switched on. */
const HEADS = sql`
  select distinct on (receiver) receiver, due_at from outbox
  where status = 'pending'
    and not exists (select from notification_channels c where c.id = receiver and not c.enabled)
    and not exists (select from integrations i where i.id = receiver
                    and (not (i.spec ->> 'enabled')::boolean or i.spec -> 'webhook' = 'null'::jsonb))
  order by receiver, seq`;

/** Receivers whose next message is due, the one that waits longest first. */
export async function dueReceivers(db: Db, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ receiver: string }>`
    select receiver from (${HEADS}) as heads where due_at <= ${now} order by due_at limit ${limit}`.execute(db);
  return rows.map(({ receiver }) => receiver);
}

/** When the next message that is not due yet will be; null when there is none. */
export async function nextDue(db: Db, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(due_at) as at from (${HEADS}) as heads where due_at > ${now}`.execute(db);
  return rows[0]?.at ?? null;
}

/** The oldest message that the receiver has still to get. */
export async function headOf(db: Db, receiver: string): Promise<StoredDelivery | null> {
  const row = await db
    .selectFrom("outbox")
    .selectAll()
    .where("receiver", "=", receiver)
    .where("status", "=", "pending")
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Records an attempt, unless somebody else has recorded one meanwhile. Answers whether it was recorded. */
export async function recordAttempt(
  db: Db,
  { id, attempts }: StoredDelivery,
  next: Delivery,
  reason: string,
  at: Date,
): Promise<boolean> {
  const result = await db
    .updateTable("outbox")
    .set({
      status: next.status,
      attempts: next.attempts,
      due_at: new Date(next.dueAt),
      reason: storableText(reason),
      finished_at: next.status === "pending" ? null : at,
    })
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where("attempts", "=", attempts)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface DeliveryFilter {
  receiver: string;
  status?: DeliveryStatus | undefined;
  /** Only those made before the one with this id. */
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<StoredDelivery[]> {
  let query = db.selectFrom("outbox").selectAll().where("receiver", "=", filter.receiver);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(stored);
}

export async function lockDelivery(db: Db, receiver: string, id: string): Promise<StoredDelivery | null> {
  const row = await db
    .selectFrom("outbox")
    .selectAll()
    .where("id", "=", id)
    .where("receiver", "=", receiver)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Puts a message on its way once more, under the same id and as if it had never been attempted. */
export async function sendAgain(db: Db, id: string, at: Date): Promise<void> {
  await db
    .updateTable("outbox")
    .set({ status: "pending", attempts: 0, due_at: at, finished_at: null })
    .where("id", "=", id)
    .execute();
}

/** What is on its way to a receiver that is no more. */
export async function forgetDeliveries(db: Db, receiver: string): Promise<void> {
  await db.deleteFrom("outbox").where("receiver", "=", receiver).execute();
}

/** What was delivered, given up or held back before, and what was made for a receiver while that was deleted. */
export async function forgetOldDeliveries(db: Db, before: Date): Promise<void> {
  await db.deleteFrom("outbox").where("finished_at", "<", before).execute();
  await sql`
    delete from outbox where status = 'pending'
      and not exists (select from notification_channels c where c.id = receiver)
      and not exists (select from integrations i where i.id = receiver)`.execute(db);
}
