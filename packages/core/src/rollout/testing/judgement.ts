import type { TestResult } from "../../candidate-test/candidate-test.ts";
import type { GateResult } from "../../gate/gate.ts";
import type { GoalReport } from "../../judge/comparison.ts";
import type { JudgeReport } from "../../judge/judge.types.ts";
import { type Instant, seconds } from "../../time.ts";
import type { Facts } from "../facts.ts";
import type { Rollout } from "../rollout.ts";
import type { ValidationResult } from "../validation.ts";
import { gateResult, goalReport, judgeClosed, judgeMetric, judgeReport, testResult } from "./fixtures.ts";

/** What those who judge a revision come to say of it. */
export type Verdict = "good" | "invalid" | "gate fails" | "gate waits" | "no figures" | "tests fail";

/** How long a gate waits for its figures, and after how long they come where they do. Milliseconds. */
const GATE_WAITS = seconds(12);
const FIGURES_COME = seconds(5);
const TESTS_TAKE = seconds(3);

export type Mood = "calm" | "closes" | "holds" | "source is down" | "promotes";

/** Checks, gates, tests, the pooled judge, the goal and the measurement of instances, as a server would keep them on disk. */
export class SimulatedJudgement {
  readonly exhausted = new Set<number>();
  mood: Mood = "calm";
  winner: GoalReport["winner"] = null;
  private readonly verdicts = new Map<number, Verdict>();
  /** When each attempt at gates and tests began, by `<rollout>/<kind>/<attempt>`. */
  private readonly begun = new Map<string, Instant>();
  /** Rollouts that the judge has closed for ever. */
  private readonly closed = new Set<string>();

  expect(revision: number, verdict: Verdict): void {
    this.verdicts.set(revision, verdict);
  }

  /** Somebody mends what is wrong with the revision. */
  mend(revision: number): void {
    this.verdicts.set(revision, "good");
    this.exhausted.delete(revision);
  }

  isRefused(revision: number): boolean {
    return ["invalid", "gate fails", "no figures", "tests fail"].includes(this.verdicts.get(revision) ?? "good");
  }

  begin(rollout: Rollout, kind: "gates" | "tests", now: Instant): void {
    const key = `${rollout.id}/${kind}/${rollout.attempts[kind]}`;
    if (!this.begun.has(key)) this.begun.set(key, now);
  }

  factsOf(
    rollout: Rollout,
    now: Instant,
  ): Pick<Facts, "validations" | "gates" | "tests" | "judge" | "goal" | "exhausted"> {
    const { toRevision } = rollout;
    const message = `revision ${toRevision} used too much`;
    return {
      validations: [this.validation(toRevision)],
      gates: this.gates(rollout, now),
      tests: this.tests(rollout, now),
      judge: this.judge(rollout, now),
      goal: this.winner === null ? null : goalReport(this.winner),
      exhausted: this.exhausted.has(toRevision) ? { revision: toRevision, resource: "memory", message } : null,
    };
  }

  private validation(revision: number): ValidationResult {
    const passed = this.verdicts.get(revision) !== "invalid";
    return { name: "image", type: "artifact", severity: "critical", passed, message: "", executionMs: 1, at: 0 };
  }

  private gates(rollout: Rollout, now: Instant): GateResult[] | null {
    const begun = this.begun.get(`${rollout.id}/gates/${rollout.attempts.gates}`);
    if (begun === undefined) return null;
    const verdict = this.verdicts.get(rollout.toRevision);
    if (verdict === "gate fails") return [gateResult("quality", "failed")];
    const waits = verdict === "gate waits" ? FIGURES_COME : verdict === "no figures" ? GATE_WAITS : 0;
    const status = now - begun < waits ? "waiting" : verdict === "no figures" ? "failed" : "passed";
    return [gateResult("quality", status, { waitsUntil: status === "waiting" ? begun + GATE_WAITS : null })];
  }

  private tests(rollout: Rollout, now: Instant): TestResult[] | null {
    if (rollout.strategy.tests === null) return [];
    const begun = this.begun.get(`${rollout.id}/tests/${rollout.attempts.tests}`);
    if (begun === undefined) return null;
    if (now - begun < TESTS_TAKE) return [testResult("load", "running", "load")];
    return [testResult("load", this.verdicts.get(rollout.toRevision) === "tests fail" ? "failed" : "passed", "load")];
  }

  private judge({ id, desired }: Rollout, now: Instant): JudgeReport | null {
    if (desired.guard === null) return null;
    if (this.mood === "closes") this.closed.add(id);
    const worse = this.closed.has(id) ? judgeClosed("worse than stable, in all") : {};
    return judgeReport({ hypothesis: id, ...MOODS[this.mood], ...worse, message: `looked at ${now}` });
  }
}

const MOODS: Readonly<Record<Mood, Partial<JudgeReport>>> = {
  calm: {},
  closes: {},
  holds: { verdict: "hold", sampleRatio: { logEvidence: 9, doubted: true } },
  "source is down": {
    verdict: "hold",
    metrics: [judgeMetric({ name: "saturation", source: "prometheus", status: "provider_error" })],
  },
  promotes: { verdict: "promote", nonInferior: true },
};
