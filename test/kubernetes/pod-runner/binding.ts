import type { KubeApi, KubeObject } from "../api.ts";
import { recorderFor } from "./events.ts";
import { isDone, type Pod } from "./pod.types.ts";
import { type NodeView, placeOf } from "./scheduler.ts";
import { seconds } from "./status.ts";

interface Node extends KubeObject {
  spec: { taints?: NodeView["taints"]; unschedulable?: boolean };
  status?: { allocatable?: Record<string, string> };
}

/** The cluster's scheduler, until the signal: for pods of every node, also those of KWOK. A cluster may have several. */
export async function bindPods(api: KubeApi, signal: AbortSignal): Promise<void> {
  const nodes = new Map<string, NodeView>();
  const pods = new Map<string, Pod>();
  const told = new Map<string, string>();
  let turn: Promise<unknown> = Promise.resolve();

  const place = async (pod: Pod): Promise<void> => {
    const { name, namespace, uid = "" } = pod.metadata;
    const live = [...pods.values()].filter((each) => each.spec.nodeName !== undefined && !isDone(each));
    const placing = placeOf(pod, [...nodes.values()], live);
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if ("node" in placing) {
      const target = { apiVersion: "v1", kind: "Node", name: placing.node };
      const binding = { metadata: { name, ...(namespace && { namespace }), uid }, target };
      await api.create(`${path}/binding`, binding);
      pods.set(uid, { ...pod, spec: { ...pod.spec, nodeName: placing.node } });
      told.delete(uid);
    } else if (told.get(uid) !== placing.message) {
      told.set(uid, placing.message);
      const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: placing.message };
      const conditions = [{ ...condition, lastTransitionTime: seconds(new Date()) }];
      await api.patch(`${path}/status`, { status: { conditions } });
      recorderFor(api, pod, "default-scheduler")("Warning", "FailedScheduling", placing.message);
    }
  };
  /** One after the other: each sees what the ones before took. */
  const placeAll = (): void => {
    turn = turn.then(async () => {
      for (const pod of [...pods.values()]) if (isWaiting(pod)) await place(pod).catch(() => undefined);
    });
  };

  await Promise.all([
    api.follow<Node>("/api/v1/nodes", signal, ({ type, object: { metadata, spec, status } }) => {
      if (type === "DELETED") nodes.delete(metadata.name);
      else {
        const { taints = [], unschedulable: isUnschedulable = false } = spec;
        const { name, labels = {} } = metadata;
        nodes.set(name, { name, labels, taints, isUnschedulable, allocatable: status?.allocatable ?? {} });
      }
      placeAll();
    }),
    api.follow<Pod>("/api/v1/pods", signal, ({ type, object }) => {
      const uid = object.metadata.uid ?? "";
      if (type === "DELETED") {
        pods.delete(uid);
        told.delete(uid);
      } else pods.set(uid, object);
      // A pod that ends makes room for another.
      if (isWaiting(object) || type === "DELETED") placeAll();
    }),
  ]);
}

const isWaiting = ({ metadata, spec }: Pod): boolean =>
  spec.nodeName === undefined &&
  metadata.deletionTimestamp === undefined &&
  (spec.schedulingGates ?? []).length === 0 &&
  (spec.schedulerName ?? "default-scheduler") === "default-scheduler";
