import type { Rollout } from "@sluice/core";

/** Statuses of a deployment, by the names that the proto file gives them. */
export const DELOS_STATUSES = [
  "PENDING_APPROVAL",
  "PENDING_GATES",
  "GATES_FAILED",
  "IN_PROGRESS",
  "COMPLETED",
  "ROLLED_BACK",
  "CANCELLED",
  "FAILED",
] as const;

export type DelosStatus = (typeof DELOS_STATUSES)[number];

/** Where each status may go. A check that every rollout must pass may fail before any gate was asked: FAILED. */
export const DELOS_TRANSITIONS: Readonly<Record<DelosStatus, readonly DelosStatus[]>> = {
  PENDING_APPROVAL: ["PENDING_GATES", "CANCELLED", "FAILED"],
  PENDING_GATES: ["GATES_FAILED", "IN_PROGRESS", "CANCELLED", "FAILED"],
  GATES_FAILED: [],
  IN_PROGRESS: ["COMPLETED", "ROLLED_BACK", "CANCELLED", "FAILED"],
  COMPLETED: ["ROLLED_BACK"],
  ROLLED_BACK: [],
  CANCELLED: [],
  FAILED: [],
};

/** Statuses in which a deployment can still be cancelled, and taken back. */
export const CANCELLABLE: readonly DelosStatus[] = ["PENDING_APPROVAL", "PENDING_GATES", "IN_PROGRESS"];
export const REVERSIBLE: readonly DelosStatus[] = ["IN_PROGRESS", "COMPLETED"];

type Standing = Pick<Rollout, "phase" | "approvals" | "requiredApprovals">;

/**
 * A rollout's phase in these words. What waits in the queue or is being validated is told by what it waits for next; what is
 * on its way back is still in progress, and an end is an end.
 */
export function delosStatus(rollout: Standing): DelosStatus {
  switch (rollout.phase) {
    case "queued":
    case "validating":
    case "awaiting_approval":
      return startIsApproved(rollout) ? "PENDING_GATES" : "PENDING_APPROVAL";
    case "gating":
      return "PENDING_GATES";
    case "preparing":
    case "testing":
    case "shifting":
    case "monitoring":
    case "rolling_back":
      return "IN_PROGRESS";
    case "completed":
      return "COMPLETED";
    case "rolled_back":
      return "ROLLED_BACK";
    case "gates_failed":
      return "GATES_FAILED";
    case "failed":
      return "FAILED";
    case "cancelled":
    case "superseded":
      return "CANCELLED";
  }
}

const startIsApproved = ({ approvals, requiredApprovals }: Standing): boolean =>
  new Set(approvals.filter(({ step }) => step === null).map(({ actor }) => actor)).size >= requiredApprovals;
