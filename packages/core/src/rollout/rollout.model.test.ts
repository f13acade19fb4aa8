import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Strategy } from "../strategy/strategy.types.ts";
import { ab, blueGreen, canary, gradual, immediate, shadow, TESTS } from "./testing/fixtures.ts";
import type { Mood } from "./testing/judgement.ts";
import { Simulation, type Submission } from "./testing/simulation.ts";

const fast = { monitoringSeconds: 3, keepStableSeconds: 5 };
const STRATEGIES: Strategy[] = [
  { ...immediate, ...fast },
  { ...gradual, ...fast },
  { ...canary, ...fast, bakeSeconds: 4 },
  {
    ...canary,
    ...fast,
    steps: [
      { scale: { percentage: 50 } },
      { mirror: { percentage: 50 } },
      { setWeight: 0.25 },
      { hook: { url: "http://hook" } },
      { wait: { approval: true, approvals: 2, expiresSeconds: 20 } },
      { analyze: { seconds: 2 } },
      { setWeight: 60 },
    ],
  },
  { ...blueGreen, ...fast, previewRoute: "/next" },
  { ...shadow, ...fast, durationSeconds: 4 },
  { ...ab, ...fast, durationSeconds: 4 },
  { ...ab, ...fast, durationSeconds: 4, promoteWinner: true, match: { header: { "X-Group": "b" } } },
  { ...ab, ...fast, durationSeconds: 20, promoteWinner: true, goal: "purchase" },
];

const GOOD = ["good", "good", "good"] as const;

const submission: fc.Arbitrary<Submission> = fc.record({
  strategy: fc
    .record({
      base: fc.constantFrom(...STRATEGIES),
      autoRollback: fc.boolean(),
      onFailure: fc.constantFrom("rollback" as const, "rollback" as const, "pause" as const, "freeze" as const),
      onConflict: fc.constantFrom("supersede" as const, "queue" as const),
      tests: fc.constantFrom(null, TESTS),
      holdbackPercentage: fc.constantFrom(0, 0, 5),
      onProviderError: fc.constantFrom("hold" as const, "ignore" as const, "rollback" as const),
    })
    .map(({ base, onProviderError, ...options }): Strategy => {
      return { ...base, ...options, analysis: { ...base.analysis, onProviderError } };
    }),
  broken: fc.constantFrom(false, false, false, true),
  verdict: fc.constantFrom(...GOOD, ...GOOD, "invalid", "gate fails", "gate waits", "no figures", "tests fail"),
  requiredApprovals: fc.constantFrom(0, 0, 0, 2),
  approvalExpirySeconds: fc.constantFrom(null, 15),
  irreversible: fc.constantFrom(false, false, true),
  data: fc.constantFrom("none" as const, "none" as const, "works" as const, "fails" as const, "stays" as const),
});

type Action = (simulation: Simulation) => void;

const named = (name: string, action: Action): { name: string; action: Action } => ({ name, action });
const simple = (name: string, action: Action) => fc.constant(named(name, action));
const revisionOf = (simulation: Simulation, which: "stable" | "candidate"): number | null =>
  which === "stable" ? simulation.stable : (simulation.active[0]?.toRevision ?? null);
const which = fc.constantFrom("stable" as const, "candidate" as const);

const chaos = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }).map((ticks) => named(`run ${ticks}`, (s) => run(s, ticks))) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 30 }).map((ticks) => named(`asleep ${ticks}`, (s) => idle(s, ticks))),
  },
  { weight: 2, arbitrary: submission.map((given) => named(`submit ${JSON.stringify(given)}`, (s) => s.submit(given))) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        "approve" as const,
        "reject" as const,
        "pause" as const,
        "resume" as const,
        "promote" as const,
        "reevaluate" as const,
        "rollback" as const,
        "cancel" as const,
      )
      .map((command) => named(command, (s) => s.command(command))),
  },
  { weight: 1, arbitrary: simple("reverse", (s) => s.reverse()) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(which, fc.integer({ min: 1, max: 6 }))
      .map(([arm, count]) => named(`kill ${count} of ${arm}`, (s) => kill(s, arm, count))),
  },
  { weight: 1, arbitrary: which.map((arm) => named(`break ${arm}`, (s) => breakRevision(s, arm))) },
  { weight: 1, arbitrary: simple("mend all", (s) => s.runtime.broken.clear()) },
  { weight: 1, arbitrary: simple("guard closes", (s) => void s.gateway.closeGuard()) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        "calm" as const,
        "closes" as const,
        "holds" as const,
        "source is down" as const,
        "promotes" as const,
      )
      .map((mood) => named(`judge ${mood}`, (s) => setMood(s, mood))),
  },
  { weight: 1, arbitrary: simple("exhaust the candidate", exhaust) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("candidate" as const, "stable" as const, null)
      .map((winner) => named(`${winner ?? "nobody"} wins`, (s) => setWinner(s, winner))),
  },
  { weight: 1, arbitrary: fc.boolean().map((up) => named(`gateway ${up}`, (s) => setReachable(s, up))) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 5 }).map((delay) => named(`gateway late ${delay}`, (s) => setDelay(s, delay))),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 6 }).map((count) => named(`scale ${count}`, (s) => setReplicas(s, count))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("before persist" as const, "before apply" as const)
      .map((point) => named(`crash ${point}`, (s) => setCrash(s, point))),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -60_000, max: 60_000 })
      .map((jump) => named(`clock ${jump}`, (s) => setClock(s, jump))),
  },
  { weight: 1, arbitrary: fc.boolean().map((fails) => named(`hooks fail ${fails}`, (s) => setHookFails(s, fails))) },
);

/** Ticks with a look after each: wakes that come early and often. */
function run(simulation: Simulation, ticks: number): void {
  for (let passed = 0; passed < ticks; passed++) {
    simulation.tick();
    simulation.reconcile();
  }
}
/** Ticks during which nobody looks: lost wakes. */
function idle(simulation: Simulation, ticks: number): void {
  for (let passed = 0; passed < ticks; passed++) simulation.tick();
}
function kill(simulation: Simulation, arm: "stable" | "candidate", count: number): void {
  simulation.runtime.kill(revisionOf(simulation, arm) ?? 0, count);
}
function breakRevision(simulation: Simulation, arm: "stable" | "candidate"): void {
  const revision = revisionOf(simulation, arm) ?? 0;
  simulation.runtime.broken.add(revision);
}
function setReachable(simulation: Simulation, up: boolean): void {
  simulation.gateway.reachable = up;
}
function setDelay(simulation: Simulation, delay: number): void {
  simulation.gateway.delay = delay;
}
function setReplicas(simulation: Simulation, count: number): void {
  simulation.replicas = count;
}
function setCrash(simulation: Simulation, point: "before persist" | "before apply"): void {
  simulation.crash = point;
}
function setClock(simulation: Simulation, jump: number): void {
  simulation.now += jump;
}
function setHookFails(simulation: Simulation, fails: boolean): void {
  simulation.hookFails = fails;
}

function setMood(simulation: Simulation, mood: Mood): void {
  simulation.judgement.mood = mood;
}
function exhaust(simulation: Simulation): void {
  simulation.judgement.exhausted.add(revisionOf(simulation, "candidate") ?? 0);
}
function setWinner(simulation: Simulation, winner: "candidate" | "stable" | null): void {
  simulation.judgement.winner = winner;
}

/** People give up what stopped for a failure; where that is refused they mend it and go on. */
function attend(simulation: Simulation): void {
  const [head] = simulation.active;
  if (head === undefined) return;
  if (head.failure !== null && head.pausedAt !== null) {
    simulation.command("cancel");
    simulation.runtime.broken.delete(head.toRevision);
    simulation.judgement.mend(head.toRevision);
    simulation.data.mend(head.toRevision);
    simulation.hookFails = false;
    simulation.command("promote");
  }
  simulation.command("resume");
  simulation.command("approve");
}

/** Nothing fails any more, people do their part, and the engine wakes only when it asked for it. */
function calmDown(simulation: Simulation, ticks: number): void {
  simulation.gateway.reachable = true;
  simulation.gateway.delay = 1;
  simulation.replicas = Math.max(1, simulation.replicas);
  simulation.wakeAt = simulation.now;
  simulation.judgement.mood = "calm";
  for (const revision of [simulation.stable, ...simulation.rollouts.map((rollout) => rollout.fromRevision)]) {
    if (revision !== null) simulation.runtime.broken.delete(revision);
  }
  for (let passed = 0; passed < ticks; passed++) {
    simulation.tick();
    attend(simulation);
    if (simulation.now >= simulation.wakeAt) simulation.reconcile();
  }
}

const TIMEOUT_MS = 60_000;

describe("any story of commands, failures, crashes and clocks", () => {
  test("keeps the limits that never bend, and ends", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        submission,
        fc.array(chaos, { maxLength: 40, size: "max" }),
        (served, first, actions) => {
          const simulation = new Simulation();
          if (served) {
            const strategy = { ...immediate, monitoringSeconds: 0 };
            const calm = {
              requiredApprovals: 0,
              approvalExpirySeconds: null,
              irreversible: false,
              data: "none" as const,
            };
            simulation.submit({ strategy, broken: false, verdict: "good", ...calm });
            run(simulation, 12);
          }
          simulation.submit(first);
          for (const { action } of actions) action(simulation);
          calmDown(simulation, 150 * (simulation.active.length + 1));
          expect(simulation.active.map((rollout) => [rollout.id, rollout.phase, rollout.step, rollout.reason])).toEqual(
            [],
          );
          // What is left is what serves, with all traffic, and nothing else runs.
          expect(simulation.gateway.split).toEqual(
            simulation.stable === null ? null : [{ revision: simulation.stable, weight: 10_000 }],
          );
          expect([...simulation.runtime.groups.keys()]).toEqual(simulation.stable === null ? [] : [simulation.stable]);
          // At rest nothing runs hot (edge case 8).
          expect(simulation.wakeAt).toBe(Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 700 },
    );
  });
});
