import { maintain, type RestingFacts, type Retirement } from "../../deployment/maintain.ts";
import { same } from "../../same.ts";
import type { Strategy } from "../../strategy/strategy.types.ts";
import { assertSplit, weightOf } from "../../traffic/split.ts";
import { advance } from "../advance.ts";
import { allowedCommands } from "../allowed.ts";
import { applyCommand, type InPlaceCommand } from "../command.ts";
import { createRollout } from "../create.ts";
import { NOTHING_DESIRED } from "../desired.ts";
import type { Effect, RolloutEvent } from "../effect.ts";
import type { Facts } from "../facts.ts";
import { isTerminal, type Phase } from "../phase.ts";
import { reverseRollout } from "../reverse.ts";
import type { DesiredState, Rollout } from "../rollout.ts";
import { failureMode } from "../way-back.ts";
import { type DataMood, SimulatedData } from "./data.ts";
import { SimulatedJudgement, type Verdict } from "./judgement.ts";
import {
  checkFrozen,
  checkGateway,
  checkJudged,
  checkMoves,
  checkNoWayBack,
  checkTrigger,
  checkWeights,
} from "./laws.ts";
import { SimulatedGateway, SimulatedRuntime } from "./world.ts";

/** What comes with a revision that is submitted. */
export interface Submission {
  strategy: Strategy;
  /** Never gets ready. */
  broken: boolean;
  verdict: Verdict;
  requiredApprovals: number;
  approvalExpirySeconds: number | null;
  /** Its version declares a migration up and none down. */
  irreversible: boolean;
  /** What its version does to the data. */
  data: DataMood;
}

export type CrashPoint = "before persist" | "before apply" | null;

const SPEAKS_OF_TRAFFIC: readonly Phase[] = ["preparing", "testing", "shifting", "monitoring", "rolling_back"];

/**
 * One deployment with an engine as the server's: load, observe, advance, persist, apply. After every write the
 * invariants of ARCHITECTURE §9 are checked; a broken one throws.
 */
export class Simulation {
  readonly runtime = new SimulatedRuntime();
  readonly gateway = new SimulatedGateway();
  // What is on disk.
  rollouts: Rollout[] = [];
  stable: number | null = null;
  replicas = 3;
  retiring: Retirement[] = [];
  traffic: DesiredState = NOTHING_DESIRED;
  epoch = 0;
  // What is not.
  now = 1_000_000;
  wakeAt = 0;
  crash: CrashPoint = null;
  hookFails = false;
  readonly judgement = new SimulatedJudgement();
  readonly data = new SimulatedData();
  private revisions = 0;
  private readonly irreversible = new Set<number>();
  private sampleBase = { step: "", stable: 0, candidate: 0 };
  private readonly hooks = new Map<string, { step: number; status: "succeeded" | "failed" }[]>();

  get active(): Rollout[] {
    return this.rollouts.filter((rollout) => !isTerminal(rollout.phase));
  }

  submit(submission: Submission): void {
    const revision = ++this.revisions;
    if (submission.broken) this.runtime.broken.add(revision);
    if (submission.irreversible) this.irreversible.add(revision);
    this.data.expect(revision, submission.data);
    // Tests that nobody asked for fail nowhere.
    const untested = submission.verdict === "tests fail" && submission.strategy.tests === null;
    this.judgement.expect(revision, untested ? "good" : submission.verdict);
    this.add(
      createRollout(
        {
          id: `rol_${String(this.rollouts.length).padStart(3, "0")}`,
          project: "default",
          deployment: "dep_1",
          artifact: "greeter",
          environment: "production",
          from: this.serving,
          to: { revision, version: `${revision}` },
          strategy: submission.strategy,
          requiredApprovals: submission.requiredApprovals,
          approvalExpirySeconds: submission.approvalExpirySeconds,
          fourEyes: true,
          triggeredBy: "ada",
        },
        this.now,
      ).rollout,
    );
  }

  /** Gives the command to the oldest active rollout if it takes it. */
  command(command: InPlaceCommand): void {
    const [head] = this.active;
    if (head === undefined || !allowedCommands(head).includes(command)) return;
    const actor = `approver-${head.approvals.length}`;
    const { rollout, events } = applyCommand(head, command, { actor, comment: "", now: this.now, creator: "ada" });
    this.check(head, rollout, events);
    this.replace(head, rollout);
    this.wakeAt = this.now;
  }

  /** Rolls back what the last completed rollout delivered, when it is what serves. */
  reverse(): void {
    const original = this.rollouts.findLast(
      (rollout) => rollout.phase === "completed" && rollout.toRevision === this.stable,
    );
    if (original === undefined || this.active.length > 0 || !allowedCommands(original).includes("rollback")) return;
    const id = `rol_${String(this.rollouts.length).padStart(3, "0")}`;
    const request = { id, actor: "ada", reason: "", now: this.now, serving: this.serving, irreversible: false };
    const reversed = reverseRollout(original, request);
    this.replace(original, reversed.original);
    this.add(reversed.reverse);
  }

  tick(): void {
    this.now += 1_000;
    this.runtime.tick();
    this.data.tick(this.now);
    this.gateway.tick();
    this.checkGateway();
  }

  reconcile(): void {
    const crash = this.crash;
    this.crash = null;
    this.wakeAt = Number.POSITIVE_INFINITY;
    const effects = this.active.length > 0 ? this.advanceAll(crash) : this.rest(crash);
    this.checkGateway();
    if (crash === null) for (const effect of effects) this.apply(effect);
    // Whatever died comes back and looks at once.
    else this.wakeAt = this.now;
  }

  private advanceAll(crash: CrashPoint): Effect[] {
    const active = this.active;
    const advanced = active.map((before) => {
      const facts = this.factsFor(before);
      return { before, facts, ...advance(before, facts, this.now) };
    });
    if (crash === "before persist") return [];
    for (const { before, rollout, events, wakeAt } of advanced) {
      this.check(before, rollout, events);
      this.replace(before, rollout);
      this.wakeAt = Math.min(this.wakeAt, wakeAt ?? this.now);
    }
    const [head] = advanced;
    if (head === undefined) return [];
    this.hold(head.before, head.rollout, head.effects);
    const stored = this.rollouts.find((rollout) => rollout.id === head.rollout.id);
    if (stored !== undefined && !isTerminal(stored.phase)) this.checkRepeats(stored, head.facts, head.effects);
    return head.effects;
  }

  /** Asked again while nothing has happened, `advance` repeats itself without news. */
  private checkRepeats(rollout: Rollout, seen: Facts, effects: readonly Effect[]): void {
    // A rollout that left the queue for another stable revision asked for the facts of that one.
    if (rollout.phase === "queued") return;
    const traffic = { ...seen.traffic, applied: this.trafficFact().applied };
    const again = advance(rollout, { ...seen, traffic }, this.now);
    if (again.events.length > 0)
      throw new Error(`repeated news: ${again.events.map((event) => event.message).join(", ")}`);
    if (again.rollout !== rollout) throw new Error("repeated advance changed the rollout");
    if (!same(again.effects, effects)) throw new Error("repeated advance wants something else");
  }

  private hold(before: Rollout, after: Rollout, effects: readonly Effect[]): void {
    if (
      SPEAKS_OF_TRAFFIC.includes(after.phase) ||
      (isTerminal(after.phase) && SPEAKS_OF_TRAFFIC.includes(before.phase))
    ) {
      checkWeights(before, after, this.runtime);
      this.writeTraffic(after.desired);
    }
    for (const { revision, replicas } of after.desired.instances) {
      if (replicas > 0) this.retiring = this.retiring.filter((entry) => entry.revision !== revision);
    }
    for (const effect of effects) {
      if (effect.type === "declareStable") this.stable = effect.revision;
      if (effect.type === "retire") this.retiring.push(effect);
    }
  }

  private rest(crash: CrashPoint): Effect[] {
    const { stable, replicas, retiring } = this;
    const workloads = [...this.runtime.groups.keys()]
      .map((revision) => this.runtime.observe(revision))
      .filter((fact) => fact !== null);
    const facts: RestingFacts = { workloads, traffic: this.trafficFact(), routed: true };
    const upkeep = maintain({ stable, replicas, stopped: false, deleting: false, retiring }, facts, this.now);
    if (crash === "before persist") return [];
    const written = this.epoch;
    this.writeTraffic(upkeep.desired);
    this.wakeAt = this.epoch === written ? (upkeep.wakeAt ?? Number.POSITIVE_INFINITY) : this.now;
    return upkeep.effects.filter((effect) => effect.type !== "forget");
  }

  private apply(effect: Effect): void {
    if (effect.type === "setInstances") this.runtime.setInstances(effect.revision, effect.replicas);
    if (effect.type === "removeInstances") {
      const served = this.gateway.split === null ? 0 : weightOf(this.gateway.split, effect.revision);
      // Only whoever scales the deployment to zero takes the instances of what serves.
      if (served > 0 && !(effect.revision === this.stable && this.replicas === 0)) {
        throw new Error(`instances of revision ${effect.revision} removed while it has traffic`);
      }
      this.runtime.remove(effect.revision);
    }
    if (effect.type === "setTraffic") {
      const [head] = this.active;
      const closes = head !== undefined && failureMode(head) === "rollback";
      this.gateway.send({ epoch: this.epoch, desired: this.traffic, stable: this.stable ?? -1, closes });
    }
    const [first] = this.active;
    if (effect.type === "migrate" && first !== undefined) {
      this.data.begin(first, effect.direction, this.data.factsOf(first, this.deliveredBy(first)), this.now);
    }
    if (effect.type === "evaluateGates" && first !== undefined) this.judgement.begin(first, "gates", this.now);
    if (effect.type === "runTests" && first !== undefined) this.judgement.begin(first, "tests", this.now);
    if (effect.type === "callHook") {
      const [head] = this.active;
      const calls = this.hooks.get(head?.id ?? "") ?? [];
      if (calls.some((call) => call.step === effect.step)) throw new Error("a hook was called again");
      this.hooks.set(head?.id ?? "", [
        ...calls,
        { step: effect.step, status: this.hookFails ? "failed" : "succeeded" },
      ]);
    }
  }

  private factsFor(rollout: Rollout): Facts {
    const [head] = this.active;
    const newer = this.rollouts.findLast((other) => other.id > rollout.id && other.strategy.onConflict === "supersede");
    const report = this.gateway.report;
    return {
      serving: this.serving,
      ahead: head?.id === rollout.id ? null : (head?.id ?? null),
      newer: newer?.id ?? null,
      frozenUntil: null,
      slotFree: true,
      replicas: this.replicas,
      routed: true,
      validationLevel: "standard",
      ...this.judgement.factsOf(rollout, this.now),
      stable: this.runtime.observe(rollout.fromRevision),
      candidate: this.runtime.observe(rollout.toRevision),
      traffic: { ...this.trafficFact(), samples: this.samplesOf(rollout) },
      guard: this.gateway.reachable ? report : null,
      shadow: null,
      irreversible: this.irreversible.has(rollout.toRevision),
      migrations: this.data.factsOf(rollout, this.deliveredBy(rollout)),
      hooks: (this.hooks.get(rollout.id) ?? []).map((call) => ({ ...call, message: "" })),
      members: [],
      progressDeadlineSeconds: 20,
    };
  }

  private trafficFact() {
    const { reachable, split, config } = this.gateway;
    return { verified: reachable, split, applied: reachable && (config?.epoch ?? 0) === this.epoch };
  }

  /** As the server finds it: whoever completed the way to what a rollback returns to. */
  private deliveredBy(rollout: Rollout): string | null {
    if (rollout.rollbackOf === null) return null;
    const earlier = this.rollouts.filter(
      ({ id, phase, toRevision }) => id < rollout.id && phase === "completed" && toRevision === rollout.toRevision,
    );
    return earlier.at(-1)?.id ?? null;
  }

  private samplesOf(rollout: Rollout) {
    if (rollout.id !== this.active[0]?.id) return { stable: 0, candidate: 0 };
    const step = `${rollout.id}/${rollout.step}`;
    if (this.sampleBase.step !== step) this.sampleBase = { step, ...this.gateway.samples };
    const { stable, candidate } = this.gateway.samples;
    return {
      stable: Math.max(0, stable - this.sampleBase.stable),
      candidate: Math.max(0, candidate - this.sampleBase.candidate),
    };
  }

  private get serving() {
    return this.stable === null ? null : { revision: this.stable, version: `${this.stable}` };
  }

  private add(rollout: Rollout): void {
    this.rollouts.push(rollout);
    this.wakeAt = this.now;
  }

  /** As a database does it: the document comes back with its keys in another order. */
  private replace(before: Rollout, after: Rollout): void {
    const stored: Rollout = before === after ? after : JSON.parse(JSON.stringify(after), reversedKeys);
    this.rollouts = this.rollouts.map((rollout) => (rollout === before ? stored : rollout));
  }

  private writeTraffic(desired: DesiredState): void {
    if (desired.split !== null) assertSplit(desired.split);
    const next = { ...desired, instances: [] };
    if (!same(next, this.traffic)) this.epoch += 1;
    this.traffic = next;
  }

  private check(before: Rollout, after: Rollout, events: readonly RolloutEvent[]): void {
    checkMoves(before, after, events);
    checkTrigger(after);
    if (isTerminal(after.phase) && !isTerminal(before.phase)) this.data.checkEnd(after, this.stable);
    checkJudged(after);
    checkFrozen(before, after, this.runtime);
    checkNoWayBack(before, after, this.runtime);
  }

  private checkGateway(): void {
    const [head] = this.active;
    const allowed = [this.stable, head?.fromRevision, head?.toRevision];
    const isRefused = (revision: number): boolean => this.judgement.isRefused(revision);
    checkGateway(this.gateway, { allowed, isRefused, now: this.now });
  }
}

const reversedKeys = (_key: string, value: unknown): unknown =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).reverse())
    : value;
