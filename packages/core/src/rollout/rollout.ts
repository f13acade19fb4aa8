import type { GuardReport } from "../analysis/guard.types.ts";
import type { TestResult } from "../candidate-test/candidate-test.ts";
import type { MemberState } from "../fleet/member.ts";
import type { WavePlan } from "../fleet/waves.ts";
import type { GateResult } from "../gate/gate.ts";
import type { GoalReport, ShadowReport } from "../judge/comparison.ts";
import type { JudgeReport } from "../judge/judge.types.ts";
import type { MigrationRun } from "../migration/migration.ts";
import type { Step, Strategy } from "../strategy/strategy.types.ts";
import type { Instant } from "../time.ts";
import type { Pin } from "../traffic/route.ts";
import type { Split, Weight } from "../traffic/split.ts";
import type { Phase } from "./phase.ts";
import type { RollbackTrigger } from "./trigger.ts";
import type { ValidationResult } from "./validation.ts";

export type StepStatus = "pending" | "running" | "done" | "skipped";

export type StepState = Step & {
  status: StepStatus;
  startedAt: Instant | null;
  finishedAt: Instant | null;
};

export interface Approval {
  actor: string;
  comment: string;
  at: Instant;
  /** The step that it lets pass; null when it is for the start of the rollout. */
  step: number | null;
}

/** What went wrong and stopped the rollout where it was, instead of turning it back. */
export interface Failure {
  at: Instant;
  trigger: RollbackTrigger;
  reason: string;
  /** What of the rollout's rules found it. */
  cause: FailureCause;
  /** Going back is refused from here on (see ADR 7). */
  frozen: boolean;
}

export type FailureCause =
  | "guard"
  | "judge"
  | "exhaustion"
  | "tests"
  | "migrations"
  | "hook"
  | "availability"
  | "traffic"
  | "approval"
  | "no_data"
  | "target";

/** What the world should look like while this rollout goes on. Written before any effect; effects are its difference to the facts. */
export interface DesiredState {
  /** Wanted instances by revision; 0 means gone. Revisions that are not named are left alone. */
  instances: { revision: number; replicas: number }[];
  /**
   * `null` until the rollout has something to say about traffic (or for ever, when the deployment has no route), and
   * again when a first delivery is taken back: then nothing serves and the gateway is to have no route.
   */
  split: Split | null;
  mirror: { revision: number; weight: Weight } | null;
  pins: Pin[];
  /** A second path that leads to one revision alone, for people to look at it before it serves; null when there is none. */
  preview: { path: string; revision: number } | null;
  /** Whether the data plane's guard watches, and under which hypothesis. */
  guard: string | null;
}

/** One act of moving a deployment from one revision to another. Everything needed to go on after a crash is in here. */
export interface Rollout {
  id: string;
  project: string;
  deployment: string;
  artifact: string;
  environment: string;
  /** The revision that serves when the rollout begins: the last fully promoted one; null on a first delivery. */
  fromRevision: number | null;
  toRevision: number;
  fromVersion: string | null;
  toVersion: string;
  strategy: Strategy;
  steps: StepState[];
  /** Index of the current step; equals `steps.length` when all are done. */
  step: number;
  phase: Phase;
  phaseStartedAt: Instant;
  /** Set while a person holds the rollout. Clocks (waits, deadlines, bake) stand still meanwhile. */
  pausedAt: Instant | null;
  /** Milliseconds of pause since `phaseStartedAt`, finished pauses only. */
  pausedMs: number;
  /** The same since the current step began. */
  stepPausedMs: number;
  desired: DesiredState;
  /** Since when the candidate has been short of ready instances, for the progress deadline; null while it is not. */
  unavailableSince: Instant | null;
  /** Since when the data plane has refused what is wished of it; null while it does not. */
  refusedSince: Instant | null;
  /** Since when a step has been held because nobody can judge: no traffic, a source that is down; null while it is not. */
  noDataSince: Instant | null;
  approvals: Approval[];
  /** Needed before `gating`, copied from the environment at creation. */
  requiredApprovals: number;
  fourEyes: boolean;
  /** Who may approve; null: everybody with the role. */
  approvers: string[] | null;
  /** How long an approval is waited for, from the phase's or the step's beginning on; null: for ever. */
  approvalExpirySeconds: number | null;
  /**
   * Grow with every demand to judge the gates, or to run tests or migrations, anew: what an earlier attempt found is no fact
   * any more. `members` grows when a rollout to several targets is let go on: what failed at one is tried again then.
   */
  attempts: { gates: number; tests: number; migrations: number; members: number };
  validations: ValidationResult[];
  gates: GateResult[];
  tests: TestResult[];
  /** What was done to the data, and taken back. */
  migrations: MigrationRun[];
  analysis: GuardReport | null;
  judge: JudgeReport | null;
  shadow: ShadowReport | null;
  goal: GoalReport | null;
  /** The guard's cumulative requests when step `step` began, kept by the engine; absent in the first step. */
  sampleBase?: { step: number; stable: number; candidate: number };
  /** The terminal phase that `rolling_back` is heading for. */
  returningTo: "rolled_back" | "failed" | "cancelled" | "superseded" | null;
  reason: string | null;
  /** Why it turned back, or failed; null while it has not. */
  trigger: RollbackTrigger | null;
  /** The last failure that stopped it without turning it back; kept when a person goes on. */
  failure: Failure | null;
  /** The candidate's weight at which that failure stopped it; null as soon as a person goes on. */
  heldWeight: Weight | null;
  /** Failures that people have seen and gone on from, with the step that they were found at: those stop it no more. */
  accepted: { cause: FailureCause; step: number }[];
  /** The candidate's version changes its data in a way that the one before cannot undo: there is no way back once its instances have begun. */
  irreversible: boolean;
  /** The newer rollout that was told to wait because this one cannot go back; null while there is none. */
  newerWaiting: string | null;
  triggeredBy: string;
  rollbackOf: string | null;
  /**
   * Returns to a revision that was promoted before: freeze windows, checks, gates, steps and analysis are not
   * repeated (edge cases 3, 4, 48). Readiness and the verification of the weight always are.
   */
  fastTrack: boolean;
  /** When what was left of the bake was waived: by a person's `promote`, or for a newer revision where there is no way back; null otherwise. */
  promotedAt: Instant | null;
  retryOf: string | null;
  /** How it reaches several targets, each by a rollout of its own; null when it does all by itself. */
  waves: WavePlan | null;
  /** What its targets have come to, as last seen. */
  members: MemberState[];
  /** The rollout to several targets that this one is part of: checks, gates and approvals are that one's. */
  partOf: string | null;
  createdAt: Instant;
  updatedAt: Instant;
  finishedAt: Instant | null;
}
