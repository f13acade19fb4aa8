import { setTimeout } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import type { EventBell } from "../event/event.bell.ts";
import { endOfEvents, eventsAfter, type StoredEvent } from "../event/event.reader.ts";
import { listeningIntegrations } from "../integration/integration.store.ts";
import { registrationsFor } from "../integration/registration.ts";
import { enabledChannels } from "./channel.store.ts";
import { contextsOf, type EventContext } from "./context.store.ts";
import { enqueue, type Letter } from "./outbox.store.ts";
import { lettersFor } from "./tell.ts";

interface FollowerDeps {
  db: Kysely<Database>;
  bell: EventBell;
  /** There are messages to send. */
  nudge: () => void;
  logger: Logger;
}

/** Events heeded in one transaction. */
const BATCH = 200;
/** What a transaction wrote can be read when all older ones have ended, and their end rings no bell. Milliseconds. */
const LOOK_EVERY = 250;
/** While there is no channel. */
const NOBODY_MS = 1_000;
/** After a failure. */
const RETRY_MS = 1_000;

/**
 * Follows all events in the order in which they were committed, and puts what they give to tell into the outbox. The messages and
 * the place up to which events were heeded commit together: each event is heeded once, whoever reads on, and however often servers
 * die. Of several servers one reads at a time: the others pass over the locked place. Nothing here holds up what wrote the events.
 */
export function startFollower({ db, bell, nudge, logger }: FollowerDeps): { close(): Promise<void> } {
  const closing = new AbortController();
  const { signal } = closing;

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const rung = bell.next(LOOK_EVERY, signal);
      try {
        const step = (await isBehind(db)) ? await db.transaction().execute((tx) => heed(tx)) : "nothing new";
        // Also without a message of an event: a test, or a message sent again, rings the bell as well.
        nudge();
        if (step === "nobody listens") await setTimeout(NOBODY_MS, undefined, { signal });
        else if (step !== "more") await rung;
      } catch (error) {
        if (signal.aborted) return;
        logger.debug({ err: error }, "events could not be heeded; trying again");
        await bell.next(RETRY_MS, signal);
      }
    }
  };
  const running = run();

  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Whether there is any event that was not heeded; asked without a lock, since mostly there is none. */
async function isBehind(db: Db): Promise<boolean> {
  const row = await db.selectFrom("outbox_position").select("position").executeTakeFirstOrThrow();
  return (await eventsAfter(db, { project: null }, row.position, 1)).length > 0;
}

/** Heeds the next events, unless another server does so at this moment. */
async function heed(tx: Db): Promise<"more" | "nothing new" | "nobody listens"> {
  const { rows } = await sql<{ position: string }>`
    select position from outbox_position for update skip locked`.execute(tx);
  const position = rows[0]?.position;
  if (position === undefined) return "nothing new";
  const channels = await enabledChannels(tx);
  const integrations = await listeningIntegrations(tx);
  if (channels.length === 0 && integrations.length === 0) {
    await moveTo(tx, await endOfEvents(tx));
    return "nobody listens";
  }
  const events = await eventsAfter(tx, { project: null }, position, BATCH);
  const last = events.at(-1);
  if (last === undefined) return "nothing new";
  const contextOf = await contextsOf(tx, events);
  const letters: Letter[] = [];
  for (const event of events) {
    const context = contextOf(event);
    if (isToldByWhole(event, context)) continue;
    for (const channel of channels) letters.push(...(await lettersFor(tx, channel, event, context)));
    for (const integration of integrations) letters.push(...(await registrationsFor(tx, integration, event, context)));
  }
  await enqueue(tx, letters);
  await moveTo(tx, last.position);
  return events.length === BATCH ? "more" : "nothing new";
}

/** What rollouts come to at one of several targets is told by that of the whole. Figures are measured at each target alone. */
const isToldByWhole = ({ type }: StoredEvent, { deployment }: EventContext): boolean =>
  deployment !== null && deployment.partOf !== null && !type.startsWith("deployment.threshold.");

const moveTo = (tx: Db, position: string) => tx.updateTable("outbox_position").set({ position }).execute();
