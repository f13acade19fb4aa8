import type { Instant } from "@sluice/core";
import { type Instance, isKept, isReady } from "./instance.ts";
import type { Policy } from "./policy.ts";
import { type Wish, wanted } from "./wish.ts";

export type Action =
  | { type: "create"; revision: number; generation: number }
  | { type: "launch"; id: string }
  /** Begin to stop: drain first if it takes traffic. */
  | { type: "stop"; id: string; outcome: "forget" | "relaunch"; why: string; drainMs: number; stopMs: number }
  | { type: "terminate"; id: string }
  | { type: "kill"; id: string }
  | { type: "forget"; id: string }
  | { type: "forgetRevision"; revision: number };

export interface Plan {
  actions: Action[];
  /** When to plan again if nothing else happens; null: only an event matters. */
  wakeAt: Instant | null;
}

/** How often a stopping process group is looked at. */
const STOP_POLL_MS = 50;

/**
 * What has to be done now so that the instances become as wished. Level-triggered: it looks at the present state only,
 * so that a lost event or a restart of the supervising process changes nothing. Plan again after carrying it out;
 * an empty list means that nothing is left to do before `wakeAt`.
 */
export function plan(wishes: Wish[], instances: Instance[], now: Instant, policy: Policy): Plan {
  const actions: Action[] = [];
  const times: Instant[] = [];
  for (const wish of wishes) {
    const own = instances.filter(({ revision }) => revision === wish.workload.revision);
    if (wish.removed && own.length === 0) {
      actions.push({ type: "forgetRevision", revision: wish.workload.revision });
      continue;
    }
    const leaving = new Set(surplus(wish, own).map(({ id }) => id));
    actions.push(...additions(wish, own));
    for (const instance of own) actions.push(...next(instance, wish, leaving.has(instance.id), now, policy, times));
    if (wish.waiting !== null) times.push(wish.waiting.since + wish.workload.progressDeadlineSeconds * 1_000);
  }
  const future = times.filter((at) => at > now);
  return { actions, wakeAt: future.length === 0 ? null : Math.min(...future) };
}

/** The next action of one instance, if it is due; otherwise adds to `times` when it will be. */
function next(
  instance: Instance,
  wish: Wish,
  leaving: boolean,
  now: Instant,
  policy: Policy,
  times: Instant[],
): Action[] {
  const { id, life } = instance;
  const { workload } = wish;
  switch (life.kind) {
    case "gone":
      return [{ type: "forget", id }];
    case "launching":
      return [];
    case "done":
      return leaving ? [{ type: "forget", id }] : [];
    case "waiting":
      if (leaving) return [{ type: "forget", id }];
      if (now >= life.until) return [{ type: "launch", id }];
      times.push(life.until);
      return [];
    case "running": {
      const stopMs = workload.stopSeconds * 1_000;
      if (leaving) {
        const drainMs = life.ready ? policy.drainMs : 0;
        return [{ type: "stop", id, outcome: "forget", why: "no longer wanted", drainMs, stopMs }];
      }
      const hopeless = judgeProbes(instance, wish, now, times);
      return hopeless === null ? [] : [{ type: "stop", id, outcome: "relaunch", why: hopeless, drainMs: 0, stopMs }];
    }
    case "stopping":
      times.push(now + STOP_POLL_MS);
      if (life.outcome === "relaunch" && leaving)
        return [
          { type: "stop", id, outcome: "forget", why: life.why, drainMs: 0, stopMs: workload.stopSeconds * 1_000 },
        ];
      if (life.signalled !== "kill" && now >= life.killAt) return [{ type: "kill", id }];
      if (life.signalled === "none" && now >= life.termAt) return [{ type: "terminate", id }];
      return [];
  }
}

/** Why a running instance has to be replaced by a fresh launch; null while there is hope. */
function judgeProbes({ life, lastProbe }: Instance, { workload }: Wish, now: Instant, times: Instant[]): string | null {
  if (life.kind !== "running") return null;
  if (life.readyAt === null) {
    const deadline = life.startedAt + workload.progressDeadlineSeconds * 1_000;
    if (now >= deadline)
      return `was not ready within ${workload.progressDeadlineSeconds} s of its start: ${lastProbe ?? "no probe has ended"}`;
    times.push(deadline);
    return null;
  }
  const limit = workload.healthCheck.retries * 3;
  return life.failedProbes >= limit ? `failed ${life.failedProbes} probes in a row: ${lastProbe ?? "unknown"}` : null;
}

/** Instances to add: all that are missing at once; in a restart one fresh instance beside the old ones at a time. */
function additions(wish: Wish, own: Instance[]): Action[] {
  const kept = own.filter(isKept);
  const fresh = kept.filter(({ generation }) => generation === wish.generation);
  const target = wanted(wish);
  const missing = target - kept.length;
  const old = kept.length - fresh.length;
  const mayReplace = old > 0 && fresh.length < target && kept.length <= target && fresh.every(isReady);
  const count = Math.max(missing, mayReplace ? 1 : 0);
  return Array.from({ length: Math.max(0, count) }, () => ({
    type: "create" as const,
    revision: wish.workload.revision,
    generation: wish.generation,
  }));
}

/** Instances to take away: those of an older generation first, then the unready, then the newest. */
function surplus(wish: Wish, own: Instance[]): Instance[] {
  const kept = own.filter(isKept);
  const target = wanted(wish);
  const isOld = ({ generation }: Instance): boolean => generation !== wish.generation;
  const order = kept.toSorted(
    (a, b) =>
      Number(isReady(a)) - Number(isReady(b)) || Number(isOld(b)) - Number(isOld(a)) || b.createdAt - a.createdAt,
  );
  if (!kept.some(isOld)) return order.slice(0, Math.max(0, kept.length - target));
  return surplusOfRestart(
    order.toSorted((a, b) => Number(isOld(b)) - Number(isOld(a))),
    isOld,
    target,
  );
}

/** During a restart an old instance may go only while the wanted number of ready ones remains without it. */
function surplusOfRestart(order: Instance[], isOld: (instance: Instance) => boolean, target: number): Instance[] {
  if (target === 0) return order;
  let ready = order.filter(isReady).length;
  let total = order.length;
  return order.filter((instance) => {
    const allowed = total > target && (isOld(instance) ? !isReady(instance) || ready > target : total > target + 1);
    if (!allowed) return false;
    total -= 1;
    if (isReady(instance)) ready -= 1;
    return true;
  });
}
