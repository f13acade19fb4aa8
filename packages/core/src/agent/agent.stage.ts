import type { Phase } from "../rollout/phase.ts";
import type { AgentRollback } from "./agent.rollback.ts";

/** Where the deployment of an agent stands, in the order in which one that goes well passes them; the last three are its other ends. */
export const AGENT_STAGES = [
  "initialized",
  "validating",
  "testing",
  "deploying",
  "monitoring",
  "completed",
  "failed",
  "rolling_back",
  "rolled_back",
] as const;

export type AgentStage = (typeof AGENT_STAGES)[number];

export const AGENT_STATUSES = ["running", "success", "failed"] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

/**
 * The stage of each phase. Approvals and gates are a part of validation; the candidate comes up to be tested, at zero traffic,
 * and is deployed when traffic moves.
 */
const STAGES: Readonly<Record<Phase, AgentStage>> = {
  queued: "initialized",
  validating: "validating",
  awaiting_approval: "validating",
  gating: "validating",
  preparing: "testing",
  testing: "testing",
  shifting: "deploying",
  monitoring: "monitoring",
  completed: "completed",
  rolling_back: "rolling_back",
  rolled_back: "rolled_back",
  failed: "failed",
  gates_failed: "failed",
  cancelled: "failed",
  superseded: "failed",
};

/** Once it is being taken back, the steps of that say where it stands, whatever the rollout ended as. */
const TAKEN_BACK: Readonly<Record<AgentRollback["status"], AgentStage>> = {
  running: "rolling_back",
  success: "rolled_back",
  failed: "failed",
};

/** @param rollback what becomes of its way back; left out while nobody takes it back */
export const agentStage = (phase: Phase, rollback?: AgentRollback["status"]): AgentStage =>
  rollback === undefined ? STAGES[phase] : TAKEN_BACK[rollback];

const STATUSES: Readonly<Record<AgentStage, AgentStatus>> = {
  initialized: "running",
  validating: "running",
  testing: "running",
  deploying: "running",
  monitoring: "running",
  completed: "success",
  failed: "failed",
  rolling_back: "running",
  rolled_back: "failed",
};

/** What became of the deployment so far: one that was taken back has failed, however well its way back went. */
export const agentStatus = (stage: AgentStage): AgentStatus => STATUSES[stage];
