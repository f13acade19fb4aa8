import { afterAttempt, type Instant, type Outcome, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { appendAudit } from "../audit/audit.store.ts";
import type { Database } from "../db/schema.ts";
import { createClaims } from "../engine/claims.ts";
import { appendEvents } from "../event/event.store.ts";
import { channelById, disableChannel } from "./channel.store.ts";
import { dueReceivers, headOf, nextDue, recordAttempt, type StoredDelivery } from "./outbox.store.ts";
import { type Receiver, sendTo } from "./receiver.ts";

export interface SenderDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  /** With its secrets; null for a receiver that is gone or switched off. */
  receiverOf: (id: string) => Promise<Receiver | null>;
  retrySeconds?: readonly number[] | undefined;
  logger: Logger;
  now: () => Instant;
}

export interface Sender {
  /** Something may be due. */
  nudge(): void;
  /** Gives up what is being sent; it is sent again, under its id, by whoever comes next. */
  close(): Promise<void>;
}

/** Receivers that are written to at once: one that hangs takes one of these places until its time is over. */
const ABREAST = 32;
/** What another server, or a lost nudge, left is found after this. Milliseconds. */
const LOOK_EVERY = 1_000;

/**
 * Sends what is in the outbox: at least once, in order for each receiver, one sender at a time for each receiver over all servers.
 * That one holds an advisory lock named after the receiver (as for reconciles, ADR 5), which the database frees the moment its
 * process dies; what it had sent and not recorded is then sent again, under the same id. A receiver that fails holds up its own
 * messages alone.
 */
export function startSender({ db, pool, receiverOf, retrySeconds, logger, now }: SenderDeps): Sender {
  const claims = createClaims(pool, logger);
  const closing = new AbortController();
  const busy = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> = Promise.resolve();
  let queued = false;

  const attempt = async (delivery: StoredDelivery): Promise<boolean> => {
    const receiver = await receiverOf(delivery.receiver).catch(unusable);
    if (receiver === null) return false;
    const outcome =
      "unusable" in receiver
        ? { type: "failed" as const, reason: receiver.unusable }
        : await sendTo(receiver, delivery.id, delivery.message, now, closing.signal);
    const at = new Date(now());
    const next = afterAttempt(delivery, outcome, at.getTime(), retrySeconds);
    if (outcome.type !== "accepted") {
      const { id, receiver: to } = delivery;
      logger.warn({ delivery: id, receiver: to, attempts: next.attempts, reason: outcome.reason }, "not delivered");
    }
    const isRecorded = await recordAttempt(db, delivery, next, outcome.reason, at);
    if (outcome.type === "gone") await switchOff(db, delivery, outcome, at);
    if (next.status !== "pending") return isRecorded;
    await wakeLater();
    return false;
  };

  /** Everything that is due to one receiver, one after the other, until an attempt fails. */
  const serve = async (receiver: string): Promise<void> => {
    const giveBack = await claims.take(`outbox:${receiver}`);
    if (giveBack === null) return;
    try {
      for (let goOn = true; goOn && !closing.signal.aborted; ) {
        const head = await headOf(db, receiver);
        goOn = head !== null && head.dueAt <= now() && (await attempt(head));
      }
    } finally {
      await giveBack();
    }
  };

  const look = async (): Promise<void> => {
    const free = ABREAST - busy.size;
    if (free <= 0) return;
    const due = await dueReceivers(db, new Date(now()), ABREAST + free);
    for (const receiver of due.filter((id) => !busy.has(id)).slice(0, free)) {
      const served = serve(receiver)
        .catch((error: unknown) => {
          if (!closing.signal.aborted) logger.warn({ err: error, receiver }, "a message was not sent; trying again");
        })
        .finally(() => {
          busy.delete(receiver);
          if (busy.size === ABREAST - 1) nudge();
        });
      busy.set(receiver, served);
    }
    await wakeLater();
  };

  const wakeLater = async (): Promise<void> => {
    const next = await nextDue(db, new Date(now()));
    schedule(next === null ? LOOK_EVERY : next.getTime() - now());
  };

  const schedule = (delay: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = closing.signal.aborted ? null : setTimeout(nudge, Math.min(delay, LOOK_EVERY));
  };

  const nudge = (): void => {
    if (queued || closing.signal.aborted) return;
    queued = true;
    looking = looking.then(async () => {
      queued = false;
      try {
        await look();
      } catch (error) {
        logger.debug({ err: error }, "the outbox could not be read; trying again");
        schedule(LOOK_EVERY);
      }
    });
  };

  nudge();
  return {
    nudge,
    async close() {
      closing.abort();
      if (timer !== null) clearTimeout(timer);
      await looking;
      await Promise.all(busy.values());
      claims.close();
    },
  };
}

/** A receiver whose secrets do not open fails as one does that cannot be reached: it is tried again, and people read why. */
function unusable(error: unknown): { unusable: string } {
  if (error instanceof SluiceError && error.code === "failed_precondition") return { unusable: error.message };
  throw error;
}

/** A receiver that says that it is gone is asked no more, and somebody can read why. */
async function switchOff(
  db: Kysely<Database>,
  { receiver }: StoredDelivery,
  { reason }: Extract<Outcome, { type: "gone" }>,
  at: Date,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const channel = await channelById(tx, receiver);
    if (channel === null || !(await disableChannel(tx, receiver, reason, at))) return;
    const { project, name } = channel;
    const message = `notification channel ${name} was switched off: its receiver ${reason}`;
    const event = { project, deployment: null, rollout: null, type: "notification.disabled", message, alert: true };
    await appendEvents(tx, [{ ...event, data: { channel: name }, at }]);
    const detail = { name, reason };
    await appendAudit(tx, { project, actor: "engine", action: "notification.disable", subject: receiver, detail, at });
  });
}
