import type { GuardReport } from "../../analysis/guard.types.ts";
import type { TestResult } from "../../candidate-test/candidate-test.ts";
import { testOptionsSchema } from "../../candidate-test/test-options.schema.ts";
import type { GateResult } from "../../gate/gate.ts";
import type { GoalReport } from "../../judge/comparison.ts";
import type { JudgeMetricReport, JudgeReport } from "../../judge/judge.types.ts";
import { NO_MIGRATIONS } from "../../migration/migration.ts";
import type { AnalysisOptions } from "../../strategy/analysis.schema.ts";
import type { Strategy } from "../../strategy/strategy.types.ts";
import { FULL_WEIGHT, type Split } from "../../traffic/split.ts";
import { advance } from "../advance.ts";
import { applyCommand, type InPlaceCommand } from "../command.ts";
import { createRollout, type NewRollout } from "../create.ts";
import type { Advanced } from "../effect.ts";
import type { Facts, InstancesFact } from "../facts.ts";
import type { Rollout } from "../rollout.ts";

export const ANALYSIS: AnalysisOptions = {
  falseRollbackRate: 0.01,
  metrics: [{ name: "error_rate" }],
  onNoData: "hold",
  onProviderError: "hold",
  minimumSamples: 10,
  maxHoldSeconds: 120,
};

/** What a strategy says that wants its candidate tested. */
export const TESTS = testOptionsSchema.parse({ loadTest: true });

const COMMON = {
  autoRollback: true,
  onFailure: "rollback",
  tests: null,
  holdbackPercentage: 0,
  monitoringSeconds: 30,
  onConflict: "supersede",
  analysis: ANALYSIS,
  keepStableSeconds: 60,
} as const;

export const immediate: Extract<Strategy, { type: "immediate" }> = { ...COMMON, type: "immediate" };
export const blueGreen: Extract<Strategy, { type: "blue-green" }> = {
  ...COMMON,
  type: "blue-green",
  previewRoute: null,
};
export const shadow: Extract<Strategy, { type: "shadow" }> = {
  ...COMMON,
  type: "shadow",
  mirrorPercentage: 100,
  durationSeconds: 30,
  compare: { bodies: "none", ignore: [] },
};
export const gradual: Extract<Strategy, { type: "gradual" }> = {
  ...COMMON,
  type: "gradual",
  initialPercentage: 20,
  increment: 40,
  intervalSeconds: 30,
};
export const canary: Extract<Strategy, { type: "canary" }> = {
  ...COMMON,
  type: "canary",
  initialPercentage: 5,
  bakeSeconds: 60,
  steps: null,
};
export const ab: Extract<Strategy, { type: "ab" }> = {
  ...COMMON,
  type: "ab",
  percentage: 50,
  match: null,
  durationSeconds: 30,
  goal: null,
  promoteWinner: false,
};

/** From revision 1 (stable) to revision 2, a canary unless said otherwise. */
export const newRollout = (changes: Partial<NewRollout> = {}): Rollout =>
  createRollout(
    {
      id: "rol_1",
      project: "default",
      deployment: "dep_1",
      artifact: "greeter",
      environment: "production",
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: canary,
      requiredApprovals: 0,
      fourEyes: true,
      triggeredBy: "ada",
      ...changes,
    },
    0,
  ).rollout;

export const instances = (revision: number, ready: number, desired: number = ready): InstancesFact => ({
  revision,
  desired,
  ready,
  present: desired,
  verdict: ready >= desired ? "available" : "progressing",
  reason: null,
});

export const splitOf = (candidateWeight: number): Split => [
  { revision: 1, weight: FULL_WEIGHT - candidateWeight },
  { revision: 2, weight: candidateWeight },
];

/** A calm world: stable at four instances with all traffic, enough requests everywhere, nobody in the way. */
export const calm: Facts = {
  serving: { revision: 1, version: "1.0.0" },
  ahead: null,
  newer: null,
  frozenUntil: null,
  slotFree: true,
  replicas: 4,
  routed: true,
  validations: [],
  validationLevel: "strict",
  gates: [],
  stable: instances(1, 4),
  candidate: null,
  traffic: { verified: true, applied: true, split: splitOf(0), samples: { stable: 1_000, candidate: 1_000 } },
  guard: null,
  tests: [],
  judge: null,
  exhausted: null,
  shadow: null,
  goal: null,
  irreversible: false,
  migrations: NO_MIGRATIONS,
  hooks: [],
  members: [],
  progressDeadlineSeconds: 60,
};

export const guardReport = (closed: string | null, hypothesis = "rol_1"): GuardReport => ({
  hypothesis,
  logEvidence: closed === null ? 0.3 : 7,
  maxLogEvidence: closed === null ? 0.4 : 7,
  bound: 5.5,
  metrics: [],
  samples: { stable: 190, candidate: 10 },
  errors: { stable: 0, candidate: closed === null ? 0 : 4 },
  closed: closed === null ? null : { at: 0, metric: "error_rate", reason: closed },
});

export const judgeMetric = (changes: Partial<JudgeMetricReport> = {}): JudgeMetricReport => ({
  name: "error_rate",
  source: "gateway",
  judge: "fisher",
  status: "ok",
  logEvidence: 0,
  failed: false,
  stable: 0,
  candidate: 0,
  interval: null,
  samples: { stable: 190, candidate: 10 },
  message: "no harm seen",
  ...changes,
});

/** The pooled judge, calm unless said otherwise. */
export const judgeReport = (changes: Partial<JudgeReport> = {}): JudgeReport => ({
  hypothesis: "rol_1",
  verdict: "continue",
  logEvidence: 0.2,
  maxLogEvidence: 0.2,
  bound: 5.5,
  budget: { total: 0.01, guards: 0.004, pooled: 0.004, monitoring: 0.002 },
  metrics: [judgeMetric()],
  sampleRatio: { logEvidence: 0, doubted: false },
  nonInferior: null,
  closed: null,
  message: "no harm seen in 10 requests of the candidate beside 190 of stable",
  ...changes,
});

export const judgeClosed = (reason: string): Partial<JudgeReport> => ({
  verdict: "rollback",
  closed: { at: 0, metric: "quality", reason },
});

export const testResult = (
  name: string,
  status: TestResult["status"],
  type: TestResult["type"] = "functional",
): TestResult => ({
  name,
  type,
  status,
  metrics: {},
  message: `${name} has ${status}`,
  logs: [],
  executionMs: 1,
  at: 0,
});

export const gateResult = (
  gate: string,
  status: GateResult["status"],
  changes: Partial<GateResult> = {},
): GateResult => ({
  gate,
  required: true,
  status,
  conditions: [],
  message: `${gate} is ${status}`,
  waitsUntil: null,
  at: 0,
  ...changes,
});

export const goalReport = (winner: GoalReport["winner"], message = `${winner ?? "nobody"} won`): GoalReport => ({
  goal: "purchase",
  stable: { exposures: 500, goals: 20 },
  candidate: { exposures: 500, goals: 40 },
  logEvidence: { candidate: winner === "candidate" ? 6 : 0, stable: winner === "stable" ? 6 : 0 },
  bound: 5.3,
  winner,
  message,
});

/** One deployment whose world does at once what it is told, seen through one rollout. The test changes facts as it likes. */
export class Story {
  rollout: Rollout;
  facts: Facts;
  now = 0;
  last: Advanced<Rollout>;

  constructor(rollout: Rollout = newRollout(), facts: Partial<Facts> = {}) {
    this.facts = { ...calm, ...facts };
    this.rollout = rollout;
    this.last = { rollout, effects: [], events: [] };
  }

  /** Advances once and does nothing of what is asked for. */
  look(changes: Partial<Facts> = {}): Advanced<Rollout> {
    this.facts = { ...this.facts, ...changes };
    this.last = advance(this.rollout, this.facts, this.now);
    this.rollout = this.last.rollout;
    return this.last;
  }

  /** Advances and lets the world obey, second by second. Returns the types of all events. */
  run(seconds: number): string[] {
    const seen: string[] = [];
    for (let passed = 0; passed < seconds; passed++) {
      this.now += 1_000;
      seen.push(...this.look().events.map((event) => event.type));
      this.obey();
    }
    return seen;
  }

  /** Runs until the phase is reached; fails the test when that takes more than ten minutes. */
  runTo(phase: Rollout["phase"], step?: number): this {
    for (let passed = 0; passed < 600; passed++) {
      if (this.rollout.phase === phase && (step === undefined || this.rollout.step === step)) return this;
      this.run(1);
    }
    throw new Error(
      `still ${this.rollout.phase} at step ${this.rollout.step} instead of ${phase}: ${this.rollout.reason}`,
    );
  }

  /** The world does what the last advance asked for. */
  obey(): void {
    for (const effect of this.last.effects) {
      if (effect.type === "setInstances")
        this.setInstances(effect.revision, instances(effect.revision, effect.replicas));
      if (effect.type === "removeInstances") this.setInstances(effect.revision, null);
      if (effect.type === "setTraffic") this.setTraffic({ split: effect.desired.split, applied: true });
    }
  }

  setTraffic(changes: Partial<Facts["traffic"]>): void {
    this.facts = { ...this.facts, traffic: { ...this.facts.traffic, ...changes } };
  }

  /** Gives a command as `actor`, now. */
  order(command: InPlaceCommand, actor = "bob"): Advanced<Rollout> {
    const given = applyCommand(this.rollout, command, { actor, comment: "", now: this.now, creator: "ada" });
    this.rollout = given.rollout;
    this.last = { ...given, effects: [] };
    return this.last;
  }

  get weight(): number {
    return this.rollout.desired.split?.find((entry) => entry.revision === this.rollout.toRevision)?.weight ?? 0;
  }

  get alerts(): string[] {
    return this.last.events.filter((event) => event.alert).map((event) => event.type);
  }

  get effectTypes(): string[] {
    return this.last.effects.map((effect) => effect.type);
  }

  private setInstances(revision: number, fact: InstancesFact | null): void {
    if (revision === this.rollout.toRevision) this.facts = { ...this.facts, candidate: fact };
    if (revision === this.rollout.fromRevision) this.facts = { ...this.facts, stable: fact };
  }
}
