import { randomUUID } from "node:crypto";
import type { KubeApi, KubeObject } from "../api.ts";
import type { Pod } from "./pod.types.ts";
import { seconds } from "./status.ts";

interface CoreEvent extends KubeObject {
  involvedObject: object;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  source: { component: string; host?: string };
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
}

export type Recorder = (type: "Normal" | "Warning", reason: string, message: string) => void;

/** Writes Events about a pod. What is said again is counted, as a kubelet does; what cannot be written is forgotten. */
export function recorderFor(api: KubeApi, pod: Pod, component: string): Recorder {
  const { name, namespace = "default", uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/events`;
  const known = new Map<string, { name: string; count: number }>();
  const ignore = (): void => undefined;
  let queue: Promise<unknown> = Promise.resolve();
  return (type, reason, message) => {
    const key = `${reason} ${message}`;
    const before = known.get(key);
    const now = seconds(new Date());
    if (before) {
      before.count += 1;
      const { count } = before;
      queue = queue.then(() => api.patch(`${path}/${before.name}`, { count, lastTimestamp: now })).catch(ignore);
      return;
    }
    const event: CoreEvent = {
      metadata: { name: `${name}.${randomUUID().slice(0, 13)}`, namespace },
      involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
      source: { component, ...(pod.spec.nodeName && { host: pod.spec.nodeName }) },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
    };
    known.set(key, { name: event.metadata.name, count: 1 });
    queue = queue.then(() => api.create(path, event)).catch(ignore);
  };
}
