import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { Capacity } from "../engine/checks.ts";
import type { Live } from "../engine/live.ts";
import type { EventBell } from "../event/event.bell.ts";
import { joinIntegration, openIntegration } from "../integration/integration.secrets.ts";
import { integrationById } from "../integration/integration.store.ts";
import { type KeyConfig, type Sealer, sealerOf } from "../secret/seal.ts";
import { joinChannel, openChannel } from "./channel.secrets.ts";
import { channelById } from "./channel.store.ts";
import { startFollower } from "./follower.ts";
import { forgetOldIncidents } from "./incident.store.ts";
import { startSender } from "./outbox.sender.ts";
import { forgetOldDeliveries } from "./outbox.store.ts";
import type { Receiver } from "./receiver.ts";
import { startThresholdWatcher } from "./threshold.watcher.ts";

export interface NotificationsOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  bell: EventBell;
  live: Pick<Live, "route" | "observe">;
  capacity: Capacity;
  /** Default: the table of core. */
  retrySeconds?: readonly number[];
  /** What is secret of receivers is opened by. */
  config: KeyConfig;
  logger: Logger;
  now: () => Instant;
}

/** What was delivered, given up or held back is kept this long; so is what a channel knew of what is over. */
const KEEP_MS = 30 * 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Tells channels and integrations what happens, and watches what channels want watched. */
export function startNotifications(options: NotificationsOptions): { close(): Promise<void> } {
  const { db, bell, config, logger, now } = options;
  const sender = startSender({ ...options, receiverOf: async (id) => receiverOf(db, await sealerOf(config), id) });
  const follower = startFollower({ db, bell, nudge: sender.nudge, logger });
  const watcher = startThresholdWatcher(options);
  const sweep = setInterval(() => {
    const before = new Date(now() - KEEP_MS);
    Promise.all([forgetOldDeliveries(db, before), forgetOldIncidents(db, before)]).catch((error: unknown) =>
      logger.warn({ err: error }, "old messages stay"),
    );
  }, SWEEP_EVERY_MS);
  sweep.unref();
  return {
    async close() {
      clearInterval(sweep);
      await Promise.all([watcher.close(), follower.close()]);
      await sender.close();
    },
  };
}

/** A channel or an integration as it is written to; null when it is gone, switched off, or is not told anything. */
async function receiverOf(db: Kysely<Database>, sealer: Sealer, id: string): Promise<Receiver | null> {
  if (!id.startsWith("int_")) {
    const channel = await channelById(db, id);
    if (channel === null || !channel.spec.enabled) return null;
    const secrets = openChannel(sealer, channel);
    const { signing: keys = [], oldUntil = 0 } = secrets;
    const full = joinChannel(channel.spec, secrets);
    return full.type === "webhook" ? { ...full, signing: { keys, oldUntil } } : full;
  }
  const integration = await integrationById(db, id);
  if (integration === null || !integration.spec.enabled) return null;
  const secrets = openIntegration(sealer, integration);
  const { webhook } = joinIntegration(integration.spec, secrets);
  if (webhook === null) return null;
  return { type: "webhook", ...webhook, signing: { keys: secrets.signing ?? [], oldUntil: 0 } };
}
