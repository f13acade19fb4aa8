import { type Command, isTerminal, type Phase, parseField, type Rollout, SluiceError } from "@sluice/core";
import type { GrpcCall, GrpcDeps } from "../../../grpc/grpc.types.ts";
import { requirePromptRollout } from "./delivery.store.ts";
import { approveRequest, reasonRequest } from "./request.schema.ts";
import { rolloutWhen } from "./rollout.wait.ts";
import { CANCELLABLE, type DelosStatus, delosStatus, REVERSIBLE } from "./status.ts";

/** A deployment by its id. */
export async function readDelivery({ db, services }: GrpcDeps, { principal }: GrpcCall, id: string): Promise<Rollout> {
  await requirePromptRollout(db, principal, id);
  return services.rollouts.get(principal, id);
}

/**
 * Approves the start. The checks that every rollout must pass take a moment: whoever approves while they run is not sent away,
 * but waited for.
 */
export async function approveDelivery(deps: GrpcDeps, call: GrpcCall, body: unknown): Promise<Rollout> {
  const { id, comment } = parseField(approveRequest, body);
  assertStatus(await readDelivery(deps, call, id), "ApproveDeployment", ["PENDING_APPROVAL"]);
  const checked = await rolloutWhen(deps, call, id, ({ phase }) => !BEING_CHECKED.includes(phase));
  assertStatus(checked, "ApproveDeployment", ["PENDING_APPROVAL"]);
  return give(deps, call, id, "approve", comment);
}

const BEING_CHECKED: readonly Phase[] = ["queued", "validating"];

export async function cancelDelivery(deps: GrpcDeps, call: GrpcCall, body: unknown): Promise<Rollout> {
  const { id, reason } = parseField(reasonRequest, body);
  assertStatus(await readDelivery(deps, call, id), "CancelDeployment", CANCELLABLE);
  await give(deps, call, id, "cancel", reason);
  return ended(deps, call, id);
}

/** The deployment after it was taken back, and the reverse one where that was needed. */
export async function rollBackDelivery(
  deps: GrpcDeps,
  call: GrpcCall,
  body: unknown,
): Promise<{ rollout: Rollout; reverse: Rollout | null }> {
  const { id, reason } = parseField(reasonRequest, body);
  const before = await readDelivery(deps, call, id);
  assertStatus(before, "RollbackDeployment", REVERSIBLE);
  // Somebody, or the analysis, was faster: the way is the same.
  const turned = before.phase === "rolling_back" && before.returningTo === "rolled_back";
  const answer = turned ? before : await give(deps, call, id, "rollback", reason);
  const rollout = await ended(deps, call, id);
  return { rollout, reverse: answer.id === id ? null : answer };
}

const give = (
  { services }: GrpcDeps,
  { principal, signal }: GrpcCall,
  id: string,
  command: Command,
  comment: string,
) => {
  signal.throwIfAborted();
  return services.rollouts.command(principal, id, command, { comment });
};

/** Traffic goes back in a moment, and the answer tells of the end. */
const ended = (deps: GrpcDeps, call: GrpcCall, id: string): Promise<Rollout> =>
  rolloutWhen(deps, call, id, ({ phase }) => isTerminal(phase) && phase !== "completed");

function assertStatus(rollout: Rollout, method: string, allowed: readonly DelosStatus[]): void {
  const status = delosStatus(rollout);
  if (allowed.includes(status)) return;
  throw new SluiceError(
    "failed_precondition",
    `${method} is not possible while deployment ${rollout.id} is ${status}; it must be ${allowed.join(" or ")}`,
  );
}
