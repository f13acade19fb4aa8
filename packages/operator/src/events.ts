import { createHash } from "node:crypto";
import { SluiceError } from "@sluice/core";
import type { Kind, KubeClient, KubeObject } from "@sluice/runtimes/kubernetes";
import { microTime } from "./leader/lease.ts";

const EVENT: Kind = { apiVersion: "events.k8s.io/v1", kind: "Event", plural: "events", namespaced: true };

export interface Notice {
  type: "Normal" | "Warning";
  /** One word, such as `RollingOut`. */
  reason: string;
  /** What the operator did. */
  action: string;
  note: string;
}

export interface EventRecorder {
  /** Tells of an object in its own namespace. Never fails: an event that cannot be written is let go. */
  tell(kind: Kind, object: KubeObject, notice: Notice): Promise<void>;
}

interface Options {
  client: Pick<KubeClient, "create" | "get" | "merge">;
  /** Of this operator. */
  instance: string;
  clock: () => number;
  onTrouble(message: string): void;
}

const MOST_NOTE = 1_024;

interface StoredEvent extends KubeObject {
  series?: { count: number };
}

/** The same notice about the same object is one event, which counts how often it was told, whichever operator tells it. */
export function createEventRecorder({ client, instance, clock, onTrouble }: Options): EventRecorder {
  return {
    async tell(kind, object, { type, reason, action, note }) {
      const { name, namespace = "default", uid = "", resourceVersion } = object.metadata;
      const text = note.slice(0, MOST_NOTE);
      const hash = createHash("sha256").update(`${uid} ${reason} ${text}`).digest("hex").slice(0, 16);
      const event = `${name.slice(0, 200)}.${hash}`;
      const now = microTime(clock());
      const regarding = { apiVersion: kind.apiVersion, kind: kind.kind, name, namespace, uid, resourceVersion };
      try {
        await client
          .create(EVENT, {
            ...{ apiVersion: EVENT.apiVersion, kind: EVENT.kind, metadata: { name: event, namespace } },
            ...{ type, reason, action, note: text, regarding, eventTime: now },
            reportingController: "sluice.dev/operator",
            reportingInstance: instance.slice(0, 128),
          })
          .catch(async (error: unknown) => {
            if (!(error instanceof SluiceError) || error.code !== "already_exists") throw error;
            const ref = { kind: EVENT, namespace, name: event };
            const stored = await client.get<StoredEvent>(ref);
            const count = (stored?.series?.count ?? 1) + 1;
            await client.merge(ref, { series: { count, lastObservedTime: now } });
          });
      } catch (error) {
        onTrouble(`event ${reason} of ${kind.kind} ${namespace}/${name}: ${String(error)}`);
      }
    },
  };
}
