import type { Rollout } from "@sluice/client";
import type { Principal } from "../app/session.tsx";
import { type Approvable, notFrom } from "../rollout/approval.ts";

/** What a rollout waits for from somebody; null: nothing, from this person. */
export type Wait = "approval" | "decision" | "resumption";

type Asked = Approvable & Pick<Rollout, "environment" | "failure" | "paused">;

export function waitsFor(rollout: Asked, principal: Pick<Principal, "name" | "actions" | "environment">): Wait | null {
  if (principal.environment !== null && principal.environment !== rollout.environment) return null;
  const may = (action: string): boolean => principal.actions.includes(action);
  if (may("rollout.approve") && notFrom(rollout, principal.name) === null) return "approval";
  if (!may("rollout.write")) return null;
  if (rollout.failure !== null && !rollout.failure.frozen) return "decision";
  return rollout.paused && rollout.triggeredBy === principal.name ? "resumption" : null;
}

export const WAIT_WORDS: Readonly<Record<Wait, string>> = {
  approval: "Your approval",
  decision: "A decision: go on, or back",
  resumption: "You paused it",
};
