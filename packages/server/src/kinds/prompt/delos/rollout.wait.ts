import type { Rollout } from "@sluice/core";
import type { GrpcCall, GrpcDeps } from "../../../grpc/grpc.types.ts";

/** Milliseconds that a call waits for the engine before it answers with what there is. */
const PATIENCE = 10_000;

/** The rollout as soon as the condition holds; as it is when patience is over, or the caller's. Awaits its events. */
export async function rolloutWhen(
  { services }: Pick<GrpcDeps, "services">,
  { principal, signal }: GrpcCall,
  id: string,
  holds: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  // The position first: what happens after the look is an event after it.
  const position = await services.events.end();
  let rollout = await services.rollouts.get(principal, id);
  if (holds(rollout)) return rollout;
  const filter = { project: rollout.project, rollout: id };
  for await (const _ of services.events.follow(filter, position, over)) {
    rollout = await services.rollouts.get(principal, id);
    if (holds(rollout)) return rollout;
  }
  signal.throwIfAborted();
  return rollout;
}
