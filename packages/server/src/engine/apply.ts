import { type Runtime, SluiceError, workloadOf } from "@sluice/core";
import { givenName } from "../fleet/member.name.ts";
import type { Making } from "../kinds/making.ts";
import type { Publisher } from "../routing/publisher.ts";
import type { Activities } from "./activity/activities.ts";
import type { Crash } from "./crash.ts";
import type { HookCaller } from "./hooks.ts";
import type { Loaded } from "./load.ts";
import type { Observation } from "./observe.ts";
import type { Place } from "./targets.ts";
import type { Unmade } from "./unmade.ts";

export interface Appliers {
  publisher: Publisher;
  hooks: HookCaller;
  activities: Activities;
  /** How versions become programs. */
  making: Making;
  /** Those that cannot. */
  unmade: Unmade;
  /** Folder that relative working folders are in. */
  root: string;
  crash: Crash;
}

/**
 * Brings the world to what is on disk, as far as the observation shows a difference. Every effect carries the fence it was
 * written under; whoever holds an older one is refused with `aborted` and stops here. Answers whether anything was done.
 */
export async function apply(
  loaded: Loaded,
  observed: Observation,
  place: Place,
  { publisher, hooks, activities, making, unmade, root, crash }: Appliers,
): Promise<boolean> {
  let done = false;
  const { runtime } = place;
  const rollingBack = loaded.rollouts[0]?.rollout.phase === "rolling_back";
  for (const effect of runtime === null ? [] : instanceEffects(loaded, observed, runtime, { making, unmade, root })) {
    if (!(await effect())) continue;
    done = true;
    crash("between-effects");
  }
  crash("after-apply");
  if (await publish(loaded, place, publisher)) {
    done = true;
    crash("after-gateway-publish");
  }
  if (rollingBack) crash("during-rollback");
  callHook(loaded, hooks);
  activities.keep(loaded);
  return done;
}

/** Answers whether it did anything: a program that is still being made ready is not started yet. */
type Effect = () => Promise<boolean>;

function instanceEffects(
  { deployment, target, workloads, revisions }: Loaded,
  { statuses }: Observation,
  runtime: Runtime,
  { making, unmade, root }: Pick<Appliers, "making" | "unmade" | "root">,
): Effect[] {
  const effects: Effect[] = [];
  const { id, fence, kind } = deployment;
  for (const { revision: number, replicas } of workloads) {
    const status = statuses.find((candidate) => candidate.revision === number);
    const revision = revisions.get(number);
    const isAsWanted = status?.desired === replicas && status.drift === undefined;
    if (replicas === 0 || revision === undefined || isAsWanted || kind === "prompt") continue;
    const { version, config, spec } = revision;
    const { project, environment } = deployment;
    const name = givenName(deployment.name);
    const made = { deployment: id, project, environment, name, revision: number, version, spec, config, target };
    const placement = { target, project, environment, name, kind };
    effects.push(async () => {
      const program = await making[kind](made).catch((error: unknown) => {
        if (!(error instanceof SluiceError)) throw error;
        unmade.note(id, number, error.message);
        return "never" as const;
      });
      if (program === null) return false;
      if (program === "never") return true;
      await runtime.apply(
        workloadOf({
          ...{ deployment: id, revision: number, fence, replicas, version },
          ...{ spec: program, config, placement, root },
        }),
      );
      return true;
    });
  }
  // Also what no row names: left behind by a rollout whose deployment was restored from an older backup.
  for (const { revision, desired } of statuses) {
    const wanted = workloads.some((workload) => workload.revision === revision && workload.replicas > 0);
    if (wanted || desired === 0) continue;
    effects.push(async () => {
      await runtime.remove({ deployment: id, revision, fence });
      return true;
    });
  }
  return effects;
}

async function publish(
  { deployment, target, route, revisions }: Loaded,
  place: Place,
  publisher: Publisher,
): Promise<boolean> {
  if (route === null) return publisher.forget(deployment.id);
  const versions = new Map([...revisions].map(([number, revision]) => [number, revision.version]));
  const { project, environment, name, kind } = deployment;
  const placement = { target, project, environment, name: givenName(name), kind };
  return publisher.want({ placement, shownAs: name, place, route, versions });
}

/** A hook that was decided on and has no answer is being called, or is called again: its call died with a server. */
function callHook({ rollouts }: Loaded, hooks: HookCaller): void {
  const rollout = rollouts[0]?.rollout;
  const step = rollout?.steps[rollout.step];
  if (rollout?.phase !== "shifting" || step?.type !== "hook" || step.status !== "running") return;
  hooks.ensure(rollout, step);
}
