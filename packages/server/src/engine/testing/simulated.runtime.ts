import {
  type InstanceStatus,
  type LogLine,
  type ResourceUsage,
  type Runtime,
  SluiceError,
  type Workload,
  type WorkloadStatus,
} from "@sluice/core";

export interface SimulatedRuntime extends Runtime {
  /** Every order that was accepted, in words, oldest first. */
  readonly orders: string[];
  /** Revisions for which this is true never become ready. */
  breaks(is: (workload: Workload) => boolean): void;
  /** Every instance of the revision is reached at this port from now on. */
  serves(revision: number, port: number): void;
  /** What every instance of the revision uses from now on. */
  uses(revision: number, usage: Omit<ResourceUsage, "at">): void;
}

interface Held {
  workload: Workload;
  instances: InstanceStatus[];
}

/** A runtime whose instances are ready `readyMs` milliseconds after they are wanted, and that runs nothing at all. */
export function createSimulatedRuntime(readyMs = 0): SimulatedRuntime {
  const held = new Map<string, Map<number, Held>>();
  const fences = new Map<string, number>();
  const listeners = new Set<(deployment: string) => void>();
  const orders: string[] = [];
  const ports = new Map<number, number>();
  const usages = new Map<number, Omit<ResourceUsage, "at">>();
  let isBroken: (workload: Workload) => boolean = () => false;
  let nextPort = 20_000;

  const changed = (deployment: string): void => {
    for (const listener of listeners) listener(deployment);
  };
  const admit = (deployment: string, fence: number, order: string): void => {
    const known = fences.get(deployment) ?? 0;
    if (fence < known) throw new SluiceError("aborted", `fence ${fence} is older than ${known}`);
    fences.set(deployment, fence);
    orders.push(order);
  };
  const add = (workload: Workload, index: number): InstanceStatus => {
    nextPort += 1;
    const instance: InstanceStatus = {
      id: `${workload.deployment}-${workload.revision}-${index}-${nextPort}`,
      revision: workload.revision,
      state: "starting",
      address: { host: "127.0.0.1", port: nextPort },
      pid: null,
      restarts: 0,
      startedAt: null,
      readyAt: null,
      reason: null,
    };
    if (!isBroken(workload)) {
      setTimeout(() => {
        instance.state = "ready";
        changed(workload.deployment);
      }, readyMs);
    }
    return instance;
  };

  const seen = (instance: InstanceStatus): InstanceStatus => {
    const port = ports.get(instance.revision);
    const usage = usages.get(instance.revision);
    return {
      ...instance,
      ...(port === undefined ? {} : { address: { host: "127.0.0.1", port } }),
      ...(usage === undefined ? {} : { usage: { ...usage, at: Date.now() } }),
    };
  };

  return {
    type: "process",
    orders,
    breaks(is) {
      isBroken = is;
    },
    serves: (revision, port) => void ports.set(revision, port),
    uses: (revision, usage) => void usages.set(revision, usage),
    start: async () => undefined,
    close: async () => undefined,
    async apply(workload) {
      const { deployment, revision, replicas, fence } = workload;
      admit(deployment, fence, `apply ${revision} × ${replicas}`);
      const revisions = held.get(deployment) ?? new Map<number, Held>();
      held.set(deployment, revisions);
      const instances = (revisions.get(revision)?.instances ?? []).slice(0, replicas);
      while (instances.length < replicas) instances.push(add(workload, instances.length));
      revisions.set(revision, { workload, instances });
      changed(deployment);
    },
    async remove({ deployment, revision, fence }) {
      admit(deployment, fence, `remove ${revision}`);
      held.get(deployment)?.delete(revision);
      changed(deployment);
    },
    async restart({ deployment, revision, fence }) {
      admit(deployment, fence, `restart ${revision}`);
    },
    async observe(deployment) {
      return [...(held.get(deployment)?.values() ?? [])].map(({ workload, instances }): WorkloadStatus => {
        const broken = isBroken(workload);
        const ready = instances.every((instance) => instance.state === "ready");
        return {
          deployment,
          revision: workload.revision,
          desired: workload.replicas,
          instances: instances.map((instance) => seen(instance)),
          verdict: broken ? "failed" : ready ? "available" : "progressing",
          reason: broken ? "exits at once" : null,
        };
      });
    },
    deployments: async () => [...held].flatMap(([deployment, revisions]) => (revisions.size > 0 ? [deployment] : [])),
    async *logs(): AsyncIterable<LogLine> {},
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
