import type { Event } from "@sluice/client";
import type { QueryKey } from "@tanstack/react-query";

/** What an event makes worth asking anew. Lists may wait a moment, since many events come together; the thing itself may not. */
export function staleKeys({
  type,
  project,
  deployment,
  rollout,
}: Pick<Event, "type" | "project" | "deployment" | "rollout">): {
  now: QueryKey[];
  soon: QueryKey[];
} {
  const noun = type.split(".")[0] ?? "";
  const now: QueryKey[] = [];
  const soon: QueryKey[] = [];
  if (rollout !== null) {
    now.push(["rollout", rollout]);
    soon.push(["rollouts", project]);
  }
  if (deployment !== null) {
    now.push(["deployment", deployment]);
    soon.push(["deployments", project], ["overview", project]);
  }
  // Its rollouts went with it, whichever of them is open.
  if (type === "deployment.removed") {
    now.push(["rollout"]);
    soon.push(["rollouts", project]);
  }
  if (rollout === null && deployment === null) soon.push([`${noun}s`, project]);
  // Its rules are what plans and the columns of the overview are made of, its targets what is looked after.
  if (noun === "environment") soon.push(["overview", project], ["target-outlook", project], ["plan"]);
  return { now, soon };
}
