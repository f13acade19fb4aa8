import type { RouteObservation, WorkloadStatus } from "@sluice/core";
import { sql } from "kysely";
import pino from "pino";
import { insertArtifact, insertDelivery, insertDeployment } from "../../engine/testing/delivery.ts";
import { createEventBell } from "../../event/event.bell.ts";
import { appendEvents, type EventInput } from "../../event/event.store.ts";
import { type TestApp, testApp } from "../../testing/app.ts";
import { type NotificationsOptions, startNotifications } from "../notifications.ts";
import { startReceiver, type TestReceiver } from "./receiver.ts";

interface Delivery {
  id: string;
  status: string;
  type: string;
  attempts: number;
  reason: string | null;
  nextAttemptAt: string | null;
  message: Record<string, unknown>;
}

/** The API, real receivers, and what sends between them; no engine: what happens is written as events. */
export interface NotificationFixture extends TestApp {
  receiver(): Promise<TestReceiver>;
  /** Starts sending; one that runs already is not stopped. Answers how to stop. */
  send(options?: Partial<NotificationsOptions>): () => Promise<void>;
  /** A channel; without more it is a webhook to the receiver. Answers what the API answered. */
  channel(name: string, more: object): Promise<{ id: string; secret?: string }>;
  /** A deployment `name` in environment development, and a rollout of it, taken back because it was slower, that no engine ever heard of. */
  deployment(name: string): Promise<{ deployment: string; rollout: string }>;
  happen(...events: Partial<EventInput>[]): Promise<void>;
  deliveries(channel: string): Promise<Delivery[]>;
}

const FAST = [0.05, 0.05, 0.05];

export async function notificationFixture(): Promise<NotificationFixture> {
  const api = await testApp();
  const { db, pool } = api.database;
  const config = { dataDir: api.dataDir, secretKey: null };
  const logger = pino({ level: "silent" });
  const bell = createEventBell({ pool, logger });
  const artifactId = await insertArtifact(db);
  const receivers: TestReceiver[] = [];
  const running = new Set<() => Promise<void>>();

  return {
    ...api,
    async receiver() {
      const started = await startReceiver();
      receivers.push(started);
      return started;
    },
    send(options = {}) {
      const live = { route: (): RouteObservation | null => null, observe: async (): Promise<WorkloadStatus[]> => [] };
      const capacity = { memoryMb: 1_000, cpuCores: 2 };
      const sending = startNotifications({
        ...{ db, pool, bell, live, capacity, config, retrySeconds: FAST, logger, now: Date.now },
        ...options,
      });
      const stop = async (): Promise<void> => {
        if (running.delete(stop)) await sending.close();
      };
      running.add(stop);
      return stop;
    },
    async channel(name, more) {
      const { status, body, text } = await api.ask("POST", "/v1/notifications", {
        body: { name, type: "webhook", ...more },
      });
      if (status !== 201) throw new Error(`not created: ${text}`);
      return body as { id: string };
    },
    async deployment(name) {
      const deployment = await insertDeployment(db, artifactId, name);
      const rollout = await insertDelivery(db, {
        artifactId,
        deployment,
        version: "1.1.0",
        strategy: { type: "immediate" },
      });
      const state = sql<string>`jsonb_set(state, '{trigger}', '"performance_degradation"')`;
      await db.updateTable("rollouts").set({ state }).where("id", "=", rollout).execute();
      return { deployment, rollout };
    },
    happen: (...events) =>
      db.transaction().execute((tx) =>
        appendEvents(
          tx,
          events.map((event) => ({
            ...{ project: "default", deployment: null, rollout: null, type: "test.happened", message: "it happened" },
            ...{ alert: false, data: {}, at: new Date() },
            ...event,
          })),
        ),
      ),
    async deliveries(channel) {
      const { body } = await api.ask("GET", `/v1/notifications/${channel}/deliveries?limit=200`);
      return (body as { items: Delivery[] }).items;
    },
    async close() {
      await Promise.all([...running].map((stop) => stop()));
      await Promise.all(receivers.map((receiver) => receiver.close()));
      await bell.close();
      await api.close();
    },
  };
}

/** The events of a rollout that is rolled back because it is slower. */
export const degraded = (deployment: string, rollout: string): Partial<EventInput>[] => [
  {
    ...{ deployment, rollout, type: "rollout.return.started", message: "p99 is worse", alert: true },
    data: { outcome: "rolled_back", trigger: "performance_degradation" },
  },
  {
    ...{ deployment, rollout, type: "rollout.phase.changed", message: "rolling back → rolled back", alert: true },
    data: { from: "rolling_back", to: "rolled_back", reason: null },
  },
];

export const phaseChange = (deployment: string, rollout: string, from: string, to: string): Partial<EventInput> => ({
  ...{
    deployment,
    rollout,
    type: "rollout.phase.changed",
    message: `${from} → ${to}`,
    alert: to === "rolled_back" || to === "failed",
  },
  data: { from, to, reason: null },
});
