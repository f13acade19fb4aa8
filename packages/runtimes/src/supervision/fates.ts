import type { Instant } from "@sluice/core";
import type { Obstacle } from "./driver.ts";
import { exitReason, saysPortTaken, UNWATCHED } from "./exit-reason.ts";
import type { Instance } from "./instance.ts";
import * as transition from "./instance.ts";
import type { Policy } from "./policy.ts";
import type { StoredWorkload } from "./workload.schema.ts";

/** After an effect failed for a cause outside the program, such as a full disk: milliseconds until the next try. */
export const RETRY_MS = 1_000;

interface Judge {
  clock: () => Instant;
  policy: Policy;
}

/** The end of a program that was seen. */
interface End {
  how: string;
  endedWell: boolean;
  /** What it wrote to its error output last; asked for only where it matters. */
  lastWords: () => Promise<string[]>;
}

/** What becomes of an instance whose program has ended. `workload` is undefined when nobody wants it any more. */
export async function afterEnd(
  instance: Instance,
  { how, endedWell, lastWords }: End,
  workload: StoredWorkload | undefined,
  { clock, policy }: Judge,
): Promise<Instance> {
  const { life } = instance;
  if (life.kind === "stopping")
    return life.outcome === "forget"
      ? transition.gone(instance)
      : transition.exited(instance, life.why, clock(), policy);
  if (endedWell && workload?.process === "job") return transition.completed(instance, clock());
  const said = await lastWords();
  if (saysPortTaken(said) && instance.portRetries < policy.portRetries)
    return transition.portWasTaken(instance, clock());
  const before = life.kind === "running" && life.readyAt === null ? " before it was ready" : "";
  return transition.exited(instance, exitReason(`${how}${before}`, said, workload ?? { env: {} }), clock(), policy);
}

/** Whether something of it may run, as far as was written down. */
export const mayRun = ({ life: { kind } }: Instance): boolean =>
  kind === "launching" || kind === "running" || kind === "stopping";

/** What has become of one that might run, and of which nothing is there: its end was seen by nobody. */
export function afterUnseenEnd(instance: Instance, { clock, policy }: Judge): Instance {
  const { life } = instance;
  if (life.kind === "launching") return transition.launchUndone(instance, clock());
  if (life.kind === "stopping" && life.outcome === "forget") return transition.gone(instance);
  return transition.exited(instance, UNWATCHED, clock(), policy);
}

/** What becomes of one that could not be started. */
export function afterObstacle(instance: Instance, { fault, reason }: Obstacle, { clock, policy }: Judge): Instance {
  switch (fault) {
    case "passing":
      return transition.exited(instance, reason, clock(), policy);
    case "lasting":
      return transition.unstartable(instance, reason, clock(), policy);
    case "outside":
      return transition.launchUndone(instance, clock() + RETRY_MS, reason);
  }
}
