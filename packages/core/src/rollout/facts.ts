import type { GuardReport } from "../analysis/guard.types.ts";
import type { TestResult } from "../candidate-test/candidate-test.ts";
import type { MemberState } from "../fleet/member.ts";
import type { GateResult } from "../gate/gate.ts";
import type { GoalReport, ShadowReport } from "../judge/comparison.ts";
import type { JudgeReport } from "../judge/judge.types.ts";
import type { MigrationsFact } from "../migration/migration.ts";
import type { Instant } from "../time.ts";
import type { Split } from "../traffic/split.ts";
import type { ValidationLevel, ValidationResult } from "./validation.ts";

/** Instances of one revision as the runtime reports them. */
export interface InstancesFact {
  revision: number;
  /** Wanted by the runtime's last `apply`. */
  desired: number;
  ready: number;
  /** Instances of any state that still exist. */
  present: number;
  verdict: "progressing" | "available" | "failed";
  reason: string | null;
  /** What somebody else changed of it, in a sentence; absent: nothing that anybody knows of. */
  drift?: string;
}

/** What the data plane does right now. */
export interface TrafficFact {
  /** False when no gateway answered, or one of several did not: then `split` is the last known and proves nothing. */
  verified: boolean;
  /** In force at every gateway; null when gateways differ or none has the route. */
  split: Split | null;
  /**
   * Every gateway has taken over what the control plane last wrote for the route (its epoch), mirror, pins and guard
   * included. Weights alone do not show those, and a pinned caller must be gone before the candidate is.
   */
  applied: boolean;
  /** Why what was last written is not applied, as the data plane says; absent or null when it is, or says nothing. */
  problem?: string | null;
  /** Requests of each arm since the current step began, on this rollout's hypothesis. */
  samples: { stable: number; candidate: number };
}

export interface HookFact {
  step: number;
  status: "running" | "succeeded" | "failed";
  message: string;
}

/** An instance beyond its limit for as long as the rule allows (see `exhaustionOf`). */
export interface ExhaustionFact {
  revision: number;
  resource: "memory" | "cpu";
  /** One sentence: instance, used, limit, for how long. */
  message: string;
}

/**
 * Everything `advance` may know of the world at one moment. Observations, never wishes: when the runtime cannot be
 * asked there are no facts, and nothing is advanced on a guess (edge case 42).
 */
export interface Facts {
  /** The deployment's stable revision now: a rollout that waited in the queue starts from it. Null before the first delivery. */
  serving: { revision: number; version: string } | null;
  /** Id of an earlier rollout that still holds the deployment. */
  ahead: string | null;
  /** Id of a newer rollout that wants to supersede this one. */
  newer: string | null;
  /** End of the freeze window that is open now. */
  frozenUntil: Instant | null;
  /** Whether a concurrency slot is free. */
  slotFree: boolean;
  /** The deployment's wanted replicas, which a person or an autoscaler may change at any time. */
  replicas: number;
  /** Whether traffic is ours to move: false for deployments without a route. */
  routed: boolean;
  /** Null until the checks have run for this rollout. */
  validations: ValidationResult[] | null;
  validationLevel: ValidationLevel;
  /** Of the present attempt (`attempts.gates`). Null until evaluated; an empty list when the environment has no gate for the artifact. */
  gates: GateResult[] | null;
  /** Null when the revision has no instances at all. */
  stable: InstancesFact | null;
  candidate: InstancesFact | null;
  traffic: TrafficFact;
  /** Of this rollout's hypothesis only; null before the guard has reported. */
  guard: GuardReport | null;
  /** Of the present attempt (`attempts.tests`). Null until they were begun; an empty list when the strategy asks for none. Results with status `running` are still to come. */
  tests: TestResult[] | null;
  /** Of this rollout's hypothesis only; null before the pooled judge has looked. */
  judge: JudgeReport | null;
  /** Null when every instance of the candidate is within its limits, or nobody measures. */
  exhausted: ExhaustionFact | null;
  /** What a shadow has compared so far; null for other strategies. */
  shadow: ShadowReport | null;
  /** What an A/B test's goal says so far; null without a goal. */
  goal: GoalReport | null;
  /** The version declares a migration up and none down: going back is not possible (edge case 50). */
  irreversible: boolean;
  /** What is to be done to the data, and what was. */
  migrations: MigrationsFact;
  hooks: HookFact[];
  /** Of a rollout to several targets: each that its environment has now. Empty for all others. */
  members: MemberState[];
  progressDeadlineSeconds: number;
}
