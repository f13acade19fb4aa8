/** Phases in the order in which a rollout that goes well passes them (ARCHITECTURE §3). */
export const FORWARD_PHASES = [
  "queued",
  "validating",
  "awaiting_approval",
  "gating",
  "preparing",
  "testing",
  "shifting",
  "monitoring",
] as const;

export const TERMINAL_PHASES = [
  "completed",
  "rolled_back",
  "gates_failed",
  "failed",
  "cancelled",
  "superseded",
] as const;

export const PHASES = [...FORWARD_PHASES, "rolling_back", ...TERMINAL_PHASES] as const;

export type TerminalPhase = (typeof TERMINAL_PHASES)[number];
export type Phase = (typeof PHASES)[number];

export const isTerminal = (phase: Phase): phase is TerminalPhase =>
  (TERMINAL_PHASES as readonly Phase[]).includes(phase);

/** Before these end, nothing was started for the candidate: a rollout that is given up here has nothing to return from. */
export const NOTHING_STARTED: readonly Phase[] = ["queued", "validating", "awaiting_approval", "gating"];

/** Where each phase may go. The engine refuses any other move; `rolling_back` always ends in a terminal phase. */
export const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  queued: ["validating", "cancelled", "superseded"],
  validating: ["awaiting_approval", "failed", "cancelled", "superseded"],
  awaiting_approval: ["gating", "failed", "cancelled", "superseded"],
  gating: ["preparing", "gates_failed", "failed", "cancelled", "superseded"],
  preparing: ["testing", "rolling_back"],
  testing: ["shifting", "rolling_back"],
  shifting: ["monitoring", "rolling_back"],
  monitoring: ["completed", "rolling_back"],
  rolling_back: ["rolled_back", "failed", "cancelled", "superseded"],
  completed: ["rolled_back"],
  rolled_back: [],
  gates_failed: [],
  failed: [],
  cancelled: [],
  superseded: [],
};

export const COMMANDS = [
  "approve",
  "reject",
  "pause",
  "resume",
  "promote",
  "reevaluate",
  "rollback",
  "cancel",
  "retry",
] as const;
export type Command = (typeof COMMANDS)[number];

/** Which commands a phase takes. Engine, API errors, UI buttons and docs read this one table. */
export const ALLOWED_COMMANDS: Readonly<Record<Phase, readonly Command[]>> = {
  queued: ["pause", "resume", "cancel"],
  validating: ["pause", "resume", "cancel"],
  awaiting_approval: ["approve", "reject", "cancel"],
  gating: ["reevaluate", "pause", "resume", "cancel"],
  preparing: ["pause", "resume", "rollback", "cancel"],
  testing: ["pause", "resume", "rollback", "cancel"],
  shifting: ["approve", "reject", "pause", "resume", "promote", "rollback", "cancel"],
  monitoring: ["pause", "resume", "promote", "rollback", "cancel"],
  rolling_back: [],
  completed: ["rollback"],
  rolled_back: ["retry"],
  gates_failed: ["retry"],
  failed: ["retry"],
  cancelled: ["retry"],
  superseded: [],
};
