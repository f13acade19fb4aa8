import { advance } from "../../rollout/advance.ts";
import { allowedCommands } from "../../rollout/allowed.ts";
import { applyCommand, type InPlaceCommand } from "../../rollout/command.ts";
import { createRollout } from "../../rollout/create.ts";
import type { Facts } from "../../rollout/facts.ts";
import { isTerminal } from "../../rollout/phase.ts";
import type { Rollout } from "../../rollout/rollout.ts";
import { calm, guardReport, immediate, instances, newRollout, Story } from "../../rollout/testing/fixtures.ts";
import type { Strategy } from "../../strategy/strategy.types.ts";
import { seconds } from "../../time.ts";
import { memberStrategy } from "../member.strategy.ts";
import { isBusy, type MemberSighting, memberState } from "../member.ts";
import type { TargetOrder } from "../orders.ts";
import type { WavePlan } from "../waves.ts";

const OLD = 1;
const NEW = 2;

interface Target {
  stable: number | null;
  /** Its rollouts for the whole, oldest first, each in a world that obeys. */
  stories: Story[];
  /** Ticks until nothing of it is left. */
  leaving: number;
  reachable: boolean;
  /** Its guard finds the candidate worse. */
  harmed: boolean;
}

/**
 * A rollout to several targets with an engine as the server's: the whole is advanced by what the targets have come to, and each
 * target has a real rollout of its own. After every order the laws of waves are checked; a broken one throws.
 */
export class Fleet {
  whole: Rollout;
  now = 0;
  private readonly targets = new Map<string, Target>();

  constructor(waves: WavePlan, strategy: Strategy, serving: boolean) {
    const from = serving ? { revision: OLD, version: "1.0.0" } : null;
    this.whole = newRollout({ waves, strategy, from });
    for (const name of waves.waves.flatMap(({ targets }) => targets)) {
      this.targets.set(name, {
        stable: serving ? OLD : null,
        stories: [],
        leaving: 0,
        reachable: true,
        harmed: false,
      });
    }
  }

  get ended(): boolean {
    return isTerminal(this.whole.phase);
  }

  get serving(): (number | null)[] {
    return [...this.targets.values()].map(({ stable }) => stable);
  }

  get members() {
    return [...this.targets].map(([name, target]) => memberState(sightingOf(name, target), this.whole));
  }

  at(index: number): Target {
    const all = [...this.targets.values()];
    const target = all[index % all.length];
    if (target === undefined) throw new Error("a fleet without targets");
    return target;
  }

  /** A second passes in the world, and at every target that can be reached. */
  tick(): void {
    this.now += 1_000;
    for (const target of this.targets.values()) {
      if (!target.reachable) continue;
      if (target.leaving > 0) {
        target.leaving -= 1;
        if (target.leaving === 0) Object.assign(target, { stable: null, stories: [] });
        continue;
      }
      this.pass(target);
    }
  }

  private pass(target: Target): void {
    const story = target.stories.at(-1);
    if (story === undefined || isTerminal(story.rollout.phase)) return;
    const { id, toRevision, fromRevision } = story.rollout;
    const harmed = target.harmed && toRevision === NEW;
    story.now = this.now - 1_000;
    if (harmed && fromRevision === null) {
      // With nothing to compare with, what is harmed does not get ready.
      story.now += 1_000;
      story.look({ candidate: { ...instances(NEW, 0, calm.replicas), verdict: "failed", reason: "exits at once" } });
      story.facts = { ...story.facts, candidate: null };
    } else {
      story.facts = { ...story.facts, guard: harmed ? guardReport("worse than stable", id) : null };
      story.run(1);
    }
    const after = story.rollout;
    if (after.phase === "completed") target.stable = toRevision;
  }

  /** Looks at what there is and does what follows, unless killed between the two. */
  reconcile(crash = false): void {
    if (this.ended) return;
    const { rollout, effects } = advance(this.whole, this.facts(), this.now);
    this.whole = rollout;
    if (crash) return;
    for (const effect of effects) if (effect.type === "orderTarget") this.carryOut(effect);
    this.checkEnd();
  }

  command(command: InPlaceCommand): void {
    if (this.ended || !allowedCommands(this.whole).includes(command)) return;
    this.whole = applyCommand(this.whole, command, {
      actor: "bob",
      comment: "",
      now: this.now,
      creator: "ada",
    }).rollout;
  }

  private facts(): Facts {
    const wanted = this.whole.desired.instances.find(({ revision }) => revision === NEW)?.replicas ?? 0;
    const from = this.whole.fromRevision;
    return {
      ...calm,
      serving: from === null ? null : { revision: from, version: "1.0.0" },
      routed: false,
      stable: from === null ? null : instances(from, calm.replicas),
      candidate: wanted === 0 ? null : instances(NEW, wanted),
      members: this.members,
    };
  }

  private carryOut({ target: name, order }: TargetOrder): void {
    const target = this.targets.get(name);
    if (target === undefined || target.leaving > 0) return;
    const story = target.stories.at(-1);
    const running = story !== undefined && !isTerminal(story.rollout.phase) ? story : null;
    if (order === "deliver" && running === null) this.deliver(name, target);
    else if (order === "return" && running === null) this.takeBack(target);
    else if (running !== null && order !== "deliver") this.passOn(running, order === "return" ? "cancel" : order);
  }

  private deliver(name: string, target: Target): void {
    this.checkTurn(name);
    this.begin(target, NEW, memberStrategy(this.whole, name));
  }

  private takeBack(target: Target): void {
    const forward = target.stories.findLast(({ rollout }) => rollout.toRevision === NEW)?.rollout;
    if (forward === undefined || target.stable !== NEW) return;
    if (forward.fromRevision === null) target.leaving = 2;
    else this.begin(target, forward.fromRevision, { ...immediate, monitoringSeconds: 0 }, true);
  }

  private begin(target: Target, to: number, strategy: Strategy, fastTrack = false): void {
    const serving = target.stable === null ? null : { revision: target.stable, version: `${target.stable}` };
    const { rollout } = createRollout(
      {
        id: "rol_1",
        project: "default",
        deployment: "dep_1",
        artifact: "greeter",
        environment: "production",
        from: serving,
        to: { revision: to, version: `${to}` },
        strategy,
        requiredApprovals: 0,
        fourEyes: false,
        triggeredBy: "engine",
        fastTrack,
        partOf: { rollout: this.whole.id, attempt: this.whole.attempts.members },
      },
      this.now,
    );
    const split = target.stable === null ? null : [{ revision: target.stable, weight: 10_000 }];
    const stable = target.stable === null ? null : instances(target.stable, calm.replicas);
    target.stories.push(
      new Story(rollout, {
        serving,
        stable,
        validations: null,
        gates: null,
        traffic: { ...calm.traffic, split, applied: split !== null },
      }),
    );
  }

  private passOn(story: Story, command: InPlaceCommand): void {
    if (!allowedCommands(story.rollout).includes(command)) return;
    const context = { actor: "engine", comment: "", now: this.now, creator: "ada" };
    const { rollout } = applyCommand(story.rollout, command, context);
    story.rollout = { ...rollout, attempts: { ...rollout.attempts, members: this.whole.attempts.members } };
  }

  /** Never a target before the waves ahead of it are delivered and have baked, and never more at once than the wave says. */
  private checkTurn(name: string): void {
    const { steps, step } = this.whole;
    const current = steps[step];
    if (current?.type !== "wave" || !current.targets.includes(name)) throw new Error(`${name} is not of this wave`);
    const busy = this.members.filter((member) => current.targets.includes(member.target) && isBusy(member)).length;
    if (busy >= current.maxParallel) throw new Error(`${name} is one too many`);
    for (const [at, earlier] of steps.slice(0, step).entries()) {
      if (earlier.status === "skipped") continue;
      if (
        earlier.type === "wave" &&
        this.members.some((member) => earlier.targets.includes(member.target) && !member.serves)
      )
        throw new Error(`${name} is begun before ${earlier.targets.join(", ")} is delivered`);
      const before = steps[at - 1];
      if (earlier.type !== "wait" || !("seconds" in earlier) || before?.finishedAt == null) continue;
      if (this.now - before.finishedAt < seconds(earlier.seconds)) throw new Error(`${name} is begun during a bake`);
    }
  }

  private checkEnd(): void {
    if (!this.ended) return;
    const serving = this.members.filter(({ serves }) => serves).length;
    const busy = this.members.filter(isBusy).length;
    const wanted = this.whole.phase === "completed" ? this.targets.size : 0;
    if (serving !== wanted || busy > 0) throw new Error(`${this.whole.phase} with ${serving} serving and ${busy} busy`);
  }
}

const sightingOf = (name: string, { stable, stories, leaving, reachable }: Target): MemberSighting => ({
  target: name,
  rollout: stories.at(-1)?.rollout ?? null,
  stableRevision: stable,
  leaving: leaving > 0,
  trouble: reachable ? null : "no answer",
  failing: null,
});
