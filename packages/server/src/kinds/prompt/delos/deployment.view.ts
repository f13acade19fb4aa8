import { explainRollout, type Instant, type Rollout } from "@sluice/core";
import type { Beside } from "./delivery.store.ts";
import { delosStatus } from "./status.ts";
import { shownStrategy } from "./strategy.ts";
import { timestamp } from "./timestamp.ts";

/** The message `Deployment`. */
export function deploymentView(rollout: Rollout, beside: Beside, now: Instant) {
  const { skipApproval, metadata } = beside.delivery(rollout.id);
  const approval = rollout.approvals.findLast(({ step }) => step === null);
  return {
    id: rollout.id,
    prompt_id: rollout.artifact,
    ...(numberOf(rollout.fromVersion) !== null && { from_version: numberOf(rollout.fromVersion) }),
    to_version: numberOf(rollout.toVersion) ?? 0,
    environment: rollout.environment,
    strategy: shownStrategy(rollout.strategy),
    status: delosStatus(rollout),
    status_message: explainRollout(rollout, now),
    metadata,
    skip_approval: skipApproval,
    created_by: rollout.triggeredBy,
    approved_by: approval?.actor ?? "",
    approval_comment: approval?.comment ?? "",
    created_at: timestamp(rollout.createdAt),
    updated_at: timestamp(rollout.updatedAt),
    approved_at: timestamp(approval?.at ?? null),
    completed_at: timestamp(rollout.finishedAt),
    reason: rollout.reason ?? "",
    rollback_of: rollout.rollbackOf ?? "",
    rolled_back_by: beside.reversedBy(rollout.id) ?? "",
    from_version_name: rollout.fromVersion ?? "",
    to_version_name: rollout.toVersion,
    project: rollout.project,
  };
}

/** The number that names a version; null for a name that is none. */
function numberOf(version: string | null): number | null {
  return version !== null && /^[1-9]\d{0,8}$/.test(version) ? Number(version) : null;
}
