import { isAsDelivered } from "../deployment/drift.ts";
import { targetOrders } from "../fleet/orders.ts";
import { sameSplit } from "../traffic/split.ts";
import { candidateIsReady } from "./capacity.ts";
import { isCheckedElsewhere } from "./course.ts";
import type { Effect } from "./effect.ts";
import type { Facts, InstancesFact } from "./facts.ts";
import { asksForTests } from "./phases/testing.ts";
import { sameTraffic, type Turn } from "./turn.ts";

/** What still separates the world from the desired state: the same again until the facts agree. */
export function outstandingEffects(turn: Turn): Effect[] {
  const { rollout, facts } = turn;
  const step = rollout.steps[rollout.step];
  const effects: Effect[] = [];
  if (rollout.phase === "validating" && !isCheckedElsewhere(rollout) && facts.validations === null)
    effects.push({ type: "validate" });
  if (rollout.phase === "gating" && !isCheckedElsewhere(rollout) && gatesAreOpen(facts))
    effects.push({ type: "evaluateGates" });
  if (rollout.phase === "testing" && testsAreDue(turn)) effects.push({ type: "runTests" });
  if (turn.migrates !== null) effects.push({ type: "migrate", direction: turn.migrates });
  for (const { revision, replicas } of rollout.desired.instances) {
    const effect = instanceEffect(revision, replicas, factOf(facts, revision));
    if (effect !== null) effects.push(effect);
  }
  if (rollout.waves !== null) {
    effects.push(...targetOrders(rollout, facts, turn.now).map((order): Effect => ({ type: "orderTarget", ...order })));
  }
  if (trafficDiffers(turn)) effects.push({ type: "setTraffic", desired: rollout.desired });
  if (
    rollout.phase === "shifting" &&
    step?.type === "hook" &&
    step.status === "running" &&
    !isCalled(facts, rollout.step)
  ) {
    effects.push({ type: "callHook", step: rollout.step, url: step.url, timeoutSeconds: step.timeoutSeconds });
  }
  return effects;
}

/** Instances that are not there cannot be asked, and a pause begins nothing. */
const testsAreDue = ({ rollout, facts, paused }: Turn): boolean =>
  asksForTests(rollout) && facts.tests === null && !paused && candidateIsReady(rollout, facts);

/** Nothing judged yet, or something still waits for its figures. */
const gatesAreOpen = (facts: Facts): boolean =>
  facts.gates === null || facts.gates.some((gate) => gate.required && gate.status === "waiting");

const isCalled = (facts: Facts, step: number): boolean => facts.hooks.some((hook) => hook.step === step);

const factOf = (facts: Facts, revision: number): InstancesFact | null =>
  [facts.stable, facts.candidate].find((fact) => fact?.revision === revision) ?? null;

/** The order that brings a revision to `replicas`, or null when the runtime has it already. */
export function instanceEffect(revision: number, replicas: number, fact: InstancesFact | null): Effect | null {
  if (replicas === 0)
    return fact !== null && (fact.present > 0 || fact.desired > 0) ? { type: "removeInstances", revision } : null;
  return fact?.desired === replicas && isAsDelivered(fact) ? null : { type: "setInstances", revision, replicas };
}

const SPEAKS_OF_TRAFFIC = ["preparing", "testing", "shifting", "monitoring", "rolling_back"];

function trafficDiffers({ rollout, facts, written }: Turn): boolean {
  if (!facts.routed || !SPEAKS_OF_TRAFFIC.includes(rollout.phase)) return false;
  if (!sameTraffic(written, rollout.desired)) return true;
  const { split } = rollout.desired;
  // Without a split there is nothing to say, except that a first delivery's route must go.
  if (split === null) return rollout.phase === "rolling_back" && !facts.traffic.applied;
  const { verified, applied } = facts.traffic;
  return !verified || !applied || facts.traffic.split === null || !sameSplit(facts.traffic.split, split);
}
