import { type Instant, seconds } from "../time.ts";
import type { AgentTrigger } from "./agent.trigger.ts";

/** What is done when an agent is taken back, in this order. Traffic has been sent back before the first of them begins. */
export const AGENT_ROLLBACK_STEPS = [
  "stop_instance",
  "deregister",
  "restore_previous_version",
  "clean_up",
  "validate",
  "update_records",
  "notify",
] as const;

export type AgentRollbackStepName = (typeof AGENT_ROLLBACK_STEPS)[number];

/** The backup comes before all steps: nothing of the data goes before it is safe. */
export type AgentRollbackAct = "backup" | AgentRollbackStepName;

export const AGENT_ROLLBACK_TITLES: Readonly<Record<AgentRollbackAct, string>> = {
  backup: "Back up the data",
  stop_instance: "Stop new agent instance",
  deregister: "Deregister from orchestrator",
  restore_previous_version: "Restore previous version (if available)",
  clean_up: "Clean up resources and data",
  validate: "Validate rollback success",
  update_records: "Update deployment records",
  notify: "Notify stakeholders",
};

/** Acts without which a rollback has not succeeded, forced or not. */
const ESSENTIAL: readonly AgentRollbackAct[] = ["stop_instance", "restore_previous_version", "validate"];

/** Failures of one act in a row that are tried again before it has failed. */
export const ACT_ATTEMPTS = 3;
/** How long an act may wait for the world before that is a failure. */
const ACT_DEADLINE_MS = seconds(600);
/** While there is no history. */
const USUAL_ROLLBACK_MS = seconds(10);

export interface AgentRollbackOptions {
  preserveData: boolean;
  forceRollback: boolean;
  cleanupResources: boolean;
  backupBeforeRollback: boolean;
}

export interface AgentRollbackActState {
  act: AgentRollbackAct;
  status: "pending" | "running" | "done" | "skipped" | "failed";
  /** What was done, or what is waited for; empty before it begins. */
  message: string;
  attempts: number;
  startedAt: Instant | null;
  finishedAt: Instant | null;
}

/** One agent being taken back. Everything needed to go on after a crash is in here. */
export interface AgentRollback {
  id: string;
  project: string;
  environment: string;
  agent: string;
  deployment: string;
  /** The rollout that is taken back: the deployment's id in this interface. */
  rollout: string;
  /** The revision that goes, and the one that is to serve again; null when there was none before. */
  revision: number;
  previous: number | null;
  trigger: AgentTrigger;
  reason: string;
  actor: string;
  options: AgentRollbackOptions;
  status: "running" | "success" | "failed";
  acts: AgentRollbackActState[];
  /** Why it failed, or what did not work though it was forced; null when all went well. */
  error: string | null;
  createdAt: Instant;
  updatedAt: Instant;
  finishedAt: Instant | null;
}

/** How an act ended, or why it has not. */
export interface ActOutcome {
  /** `waiting`: the world is not so far; `failed`: it was tried and did not work. Both are tried again. */
  result: "done" | "skipped" | "waiting" | "failed";
  message: string;
}

export interface AgentRollbackEvent {
  type: "agent.rollback.started" | "agent.rollback.step.finished" | "agent.rollback.finished";
  message: string;
  alert: boolean;
  data: Record<string, unknown>;
}

interface Moved {
  rollback: AgentRollback;
  events: AgentRollbackEvent[];
}

type NewRollback = Pick<
  AgentRollback,
  | "id"
  | "project"
  | "environment"
  | "agent"
  | "deployment"
  | "rollout"
  | "revision"
  | "previous"
  | "trigger"
  | "reason"
  | "actor"
  | "options"
>;

export function beginAgentRollback(input: NewRollback, now: Instant): Moved {
  const acts = (["backup", ...AGENT_ROLLBACK_STEPS] as const).map(pending);
  const times = { createdAt: now, updatedAt: now, finishedAt: null };
  const rollback: AgentRollback = { ...input, status: "running", acts, error: null, ...times };
  const message = `agent ${input.agent} is being taken back: ${input.reason}`;
  return { rollback, events: [event(rollback, "agent.rollback.started", message)] };
}

const pending = (act: AgentRollbackAct): AgentRollbackActState => ({
  act,
  status: "pending",
  message: "",
  attempts: 0,
  startedAt: null,
  finishedAt: null,
});

/** A rollback that failed goes on where it stopped, with what is asked for now. */
export function resumeAgentRollback(rollback: AgentRollback, options: AgentRollbackOptions, now: Instant): Moved {
  const acts = rollback.acts.map((state) => (state.status === "failed" ? pending(state.act) : state));
  const resumed: AgentRollback = { ...rollback, options, acts, status: "running", error: null, finishedAt: null };
  const message = `agent ${rollback.agent} is being taken back further`;
  return { rollback: { ...resumed, updatedAt: now }, events: [event(resumed, "agent.rollback.started", message)] };
}

/** What is to be done now; null when nothing is left. */
export function nextAct({ status, acts }: AgentRollback): AgentRollbackAct | null {
  if (status !== "running") return null;
  return acts.find((state) => !hasEnded(state))?.act ?? null;
}

/** The act that is to be done is noted before it is: whoever looks sees it running. */
export function beginAct(rollback: AgentRollback, now: Instant): AgentRollback {
  const act = nextAct(rollback);
  const state = rollback.acts.find((one) => one.act === act);
  if (state === undefined || state.status !== "pending") return rollback;
  return withAct(rollback, { ...state, status: "running", startedAt: now }, now);
}

/**
 * What an attempt at the present act came to. A failure is tried again a few times, waiting has a deadline; then the act has
 * failed, which ends the rollback unless it is forced. Every ended act is an event.
 */
export function settleAct(before: AgentRollback, outcome: ActOutcome, now: Instant): Moved {
  const rollback = beginAct(before, now);
  const state = rollback.acts.find((one) => one.act === nextAct(rollback));
  if (state === undefined) return { rollback, events: [] };
  const judged = judge(state, outcome, now);
  const moved = withAct(rollback, judged, now);
  if (!hasEnded(judged)) return { rollback: moved, events: [] };
  const step = stepEvent(moved, judged);
  const over = nextAct(moved) === null || (judged.status === "failed" && !moved.options.forceRollback);
  if (!over) return { rollback: moved, events: [step] };
  const ended = finish(moved, now);
  return { rollback: ended, events: [step, finishedEvent(ended)] };
}

function judge(state: AgentRollbackActState, { result, message }: ActOutcome, now: Instant): AgentRollbackActState {
  if (result === "done" || result === "skipped") return { ...state, status: result, message, finishedAt: now };
  if (result === "failed") {
    const attempts = state.attempts + 1;
    const failed = { ...state, attempts, message };
    return attempts < ACT_ATTEMPTS ? failed : { ...failed, status: "failed", finishedAt: now };
  }
  const waited = now - (state.startedAt ?? now);
  if (waited < ACT_DEADLINE_MS) return { ...state, message };
  const given = `${message}; given up after ${Math.round(waited / 1_000)} s`;
  return { ...state, status: "failed", message: given, finishedAt: now };
}

function finish(rollback: AgentRollback, now: Instant): AgentRollback {
  const failed = rollback.acts.filter(({ status }) => status === "failed");
  const complete = rollback.acts.every(hasEnded) && failed.every(({ act }) => !ESSENTIAL.includes(act));
  const error =
    failed.length === 0
      ? null
      : failed.map(({ act, message }) => `${AGENT_ROLLBACK_TITLES[act]} failed: ${message}`).join("; ");
  return { ...rollback, status: complete ? "success" : "failed", error, finishedAt: now, updatedAt: now };
}

const hasEnded = ({ status }: AgentRollbackActState): boolean => status !== "pending" && status !== "running";

const withAct = (rollback: AgentRollback, state: AgentRollbackActState, now: Instant): AgentRollback => ({
  ...rollback,
  updatedAt: now,
  acts: rollback.acts.map((one) => (one.act === state.act ? state : one)),
});

function stepEvent(rollback: AgentRollback, { act, status, message }: AgentRollbackActState): AgentRollbackEvent {
  const number = (AGENT_ROLLBACK_STEPS as readonly string[]).indexOf(act) + 1;
  const which = number === 0 ? "before the first step" : `step ${number} of ${AGENT_ROLLBACK_STEPS.length}`;
  const text = `${which}: ${AGENT_ROLLBACK_TITLES[act]}: ${message}`;
  return event(rollback, "agent.rollback.step.finished", text, { step: act, number, status });
}

function finishedEvent(rollback: AgentRollback): AgentRollbackEvent {
  const { agent, status, error } = rollback;
  const message =
    status === "success"
      ? `agent ${agent} was taken back${error === null ? "" : `, forced (${error})`}`
      : `agent ${agent} could not be taken back: ${error}`;
  return { ...event(rollback, "agent.rollback.finished", message, { status }), alert: status === "failed" };
}

function event(
  { id, agent, rollout, trigger }: AgentRollback,
  type: AgentRollbackEvent["type"],
  message: string,
  data: Record<string, unknown> = {},
): AgentRollbackEvent {
  return { type, message, alert: false, data: { rollback: id, agent, deploymentId: rollout, trigger, ...data } };
}

/** How far along, 0 to 100; 100 when it has succeeded. */
export function agentRollbackProgress({ status, acts }: AgentRollback): number {
  if (status === "success") return 100;
  return Math.floor((acts.filter(hasEnded).length / (acts.length + 1)) * 100);
}

/** When it ends if it takes as long as earlier ones (`learntMs`) did; null after its end. */
export function agentRollbackCompletion(
  { status, createdAt }: AgentRollback,
  learntMs: number | null,
  now: Instant,
): Instant | null {
  return status === "running" ? Math.round(Math.max(now, createdAt + (learntMs ?? USUAL_ROLLBACK_MS))) : null;
}
