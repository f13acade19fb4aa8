import { type EnvironmentSpec, SluiceError } from "@sluice/core";
import { authorise } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";

type Protection = EnvironmentSpec["protection"];

/**
 * What somebody wishes about the approval of one delivery, beyond what the environment says: `ask` waits for a person also
 * where the environment asks for none, `skip` counts as the caller's own approval.
 */
export type ApprovalWish = "ask" | "skip";

export interface RequiredApprovals {
  requiredApprovals: number;
  fourEyes: boolean;
}

/** What a delivery waits for. Where only its creator wished to be asked, whoever may approve may do so, the creator too. */
export function approvalsFor(wish: ApprovalWish | undefined, protection: Protection): RequiredApprovals {
  const { requiredApprovals, fourEyes } = protection;
  if (wish === "skip") return { requiredApprovals: 0, fourEyes };
  if (wish === "ask" && requiredApprovals === 0) return { requiredApprovals: 1, fourEyes: false };
  return { requiredApprovals, fourEyes };
}

/**
 * Throws `permission_denied` unless the wish to skip the approval is an approval that would have been enough: of somebody who
 * may approve there, where one is asked for and it need not be another person.
 */
export function admitSkip(
  principal: Principal,
  { requiredApprovals, fourEyes, approvers }: Protection,
  scope: { project: string; environment: string },
): void {
  if (requiredApprovals === 0) return;
  authorise(principal, "rollout.approve", scope);
  const refuse = (why: string): SluiceError =>
    new SluiceError("permission_denied", `${principal.name} may not skip the approval in ${scope.environment}: ${why}`);
  if (approvers !== null && !approvers.includes(principal.name)) {
    throw refuse(`those who may approve are ${approvers.join(", ")}`);
  }
  if (fourEyes) throw refuse("somebody else must approve");
  if (requiredApprovals > 1) throw refuse(`${requiredApprovals} people must approve`);
}
