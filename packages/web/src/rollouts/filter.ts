import type { Phase } from "@sluice/client";
import { oneIn, present, textIn } from "../app/search.ts";

export const GROUPS = ["moving", "well", "badly"] as const;
export type Group = (typeof GROUPS)[number];

export const GROUP_LABELS: Readonly<Record<Group, string>> = {
  moving: "Under way",
  well: "Ended well",
  badly: "Ended badly",
};

/** One that was replaced by a newer rollout, or that somebody took back, did not end well. */
const GROUP_OF: Readonly<Record<Phase, Group>> = {
  queued: "moving",
  validating: "moving",
  awaiting_approval: "moving",
  gating: "moving",
  preparing: "moving",
  testing: "moving",
  shifting: "moving",
  monitoring: "moving",
  rolling_back: "moving",
  completed: "well",
  rolled_back: "badly",
  gates_failed: "badly",
  failed: "badly",
  cancelled: "badly",
  superseded: "badly",
};

export const phasesOf = (group: Group): Phase[] =>
  (Object.keys(GROUP_OF) as Phase[]).filter((phase) => GROUP_OF[phase] === group);

export interface RolloutsSearch {
  group?: Group;
  environment?: string;
  artifact?: string;
}

export const rolloutsSearch = (raw: Record<string, unknown>): RolloutsSearch =>
  present({
    group: oneIn(GROUPS, raw.group),
    environment: textIn(raw.environment),
    artifact: textIn(raw.artifact),
  });
