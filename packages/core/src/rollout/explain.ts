import { describeMembers, describeReturn } from "../fleet/describe.ts";
import { shownAddress } from "../hidden.ts";
import { BEFORE } from "../judge/judge.types.ts";
import type { Step } from "../strategy/strategy.types.ts";
import { type Instant, seconds, toIso } from "../time.ts";
import { percentFromWeight } from "../traffic/split.ts";
import { approvalStep, approvalsNow } from "./allowed.ts";
import { bakeLeft } from "./bake.ts";
import { phaseElapsed, stepElapsed } from "./clock.ts";
import { candidateWeight, promotes } from "./course.ts";
import type { Phase } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { stoppedBy } from "./way-back.ts";

/** One sentence of where the rollout stands and why, for people. Says what it waits for, and what would let it go on. */
export function explainRollout(rollout: Rollout, now: Instant): string {
  const { pausedAt } = rollout;
  if (pausedAt === null) return SENTENCES[rollout.phase](rollout, now);
  const since = `Held since ${toIso(pausedAt)} in phase ${words(rollout.phase)}`;
  // A failure that somebody has seen and gone on from is not why it is held now.
  const stopped = stoppedBy(rollout);
  if (stopped === null) {
    return `${since}, with ${shareOf(rollout)}: a person paused it, and its clocks stand still until a person resumes it.`;
  }
  const choice = stopped.frozen ? "resume or promote it; going back is refused" : "resume it or roll it back";
  return `${since}, with ${shareOf(rollout)}, because ${inside(stopped.reason)}; a person may ${choice}.`;
}

type Sentence = (rollout: Rollout, now: Instant) => string;

const SENTENCES: Readonly<Record<Phase, Sentence>> = {
  queued: ({ fastTrack }) =>
    fastTrack
      ? "Waits until the rollout before it has let go of the deployment."
      : "Waits in the queue for the rollout before it, the end of a freeze window, or a free slot.",
  validating: ({ toVersion }) =>
    `Version ${toVersion} is being checked; nothing runs and no traffic moves before that.`,
  awaiting_approval: explainApproval,
  gating: explainGates,
  preparing: (rollout) =>
    rollout.fromRevision === null
      ? `The first instances of ${candidateOf(rollout)} come up; the route opens when they are ready.`
      : `Instances of ${candidateOf(rollout)} come up at no traffic, while revision ${rollout.fromRevision} serves.`,
  testing: explainTests,
  shifting: explainStep,
  monitoring: explainBake,
  rolling_back: (rollout) =>
    `${rollout.waves !== null ? capital(describeReturn(rollout.members)) : rollout.fromRevision === null ? "The route is taken away" : `Traffic goes back to revision ${rollout.fromRevision}`}, because ${because(rollout)}.`,
  completed: (rollout) =>
    promotes(rollout)
      ? `${capital(candidateOf(rollout))} serves, having passed every step${bySamples(rollout)}${byGoal(rollout)}.`
      : `Ended as the strategy ${rollout.strategy.type} means it: ${inside(rollout.reason ?? `revision ${rollout.fromRevision} keeps serving`)}.`,
  rolled_back: (rollout) => `${serving(rollout)}, because ${because(rollout)}.`,
  gates_failed: (rollout) => `No traffic was moved, because ${because(rollout)}.`,
  failed: (rollout) => `It failed, because ${because(rollout)}.`,
  cancelled: (rollout) => `It was given up, because ${because(rollout)}.`,
  superseded: (rollout) => `A newer rollout went first: ${because(rollout)}.`,
};

function explainApproval(rollout: Rollout, now: Instant): string {
  const given = approvalsNow(rollout).map(({ actor }) => actor);
  if (given.length > 0 && given.length >= rollout.requiredApprovals)
    return `Approved by ${list(given)}; its gates are judged next.`;
  return `Waits for ${approvalWanted(rollout, rollout.requiredApprovals, now)}; nothing is started before.`;
}

/** Whose approval is missing, until when, and who gave theirs. */
function approvalWanted(rollout: Rollout, needed: number, now: Instant): string {
  const given = approvalsNow(rollout).map((approval) => approval.actor);
  const missing = Math.max(0, needed - given.length);
  const others = rollout.approvers?.filter((name) => !given.includes(name)) ?? null;
  const who = others === null ? "" : ` by ${others.join(" or ")}`;
  const have = given.length === 0 ? "" : ` beside ${given.join(", ")}`;
  const until = approvalExpiresAt(rollout, now);
  return `${count(missing, "approval")}${who}${have}${until === null ? "" : ` until ${toIso(until)}`}`;
}

/**
 * When the approval that the rollout waits for expires: before its start, or at a step. Null when it waits for none, or for
 * ever. While the rollout is paused this moves with the time.
 */
export function approvalExpiresAt(rollout: Rollout, now: Instant): Instant | null {
  if (rollout.phase === "awaiting_approval") {
    const limit = rollout.approvalExpirySeconds;
    return limit === null ? null : now + seconds(limit) - phaseElapsed(rollout, now);
  }
  const limit = approvalStep(rollout)?.expiresSeconds ?? null;
  return limit === null ? null : now + seconds(limit) - stepElapsed(rollout, now);
}

function explainGates({ gates }: Rollout): string {
  const waiting = gates.filter((gate) => gate.required && gate.status === "waiting");
  const [first] = waiting;
  if (first === undefined) return "Its gates are being judged; no traffic moves before the required ones pass.";
  // What a condition lacks says more than how many lack something, and often until when it is waited for.
  const missing = first.conditions.find(({ required, status }) => required && status === "waiting");
  const why = bare((missing ?? first).message);
  const end = first.waitsUntil === null ? null : toIso(first.waitsUntil);
  const until = end === null || why.includes(end) ? "" : `; it has failed at ${end} otherwise`;
  const more = waiting.length === 1 ? "" : ` (and ${waiting.length - 1} more)`;
  return `Waits for the gate ${first.gate}${more}: ${why}${until}.`;
}

function explainTests(rollout: Rollout): string {
  const { tests } = rollout;
  const running = tests.filter((test) => test.status === "running").map((test) => test.name);
  if (tests.length === 0) return `Tests of ${candidateOf(rollout)} begin, at no traffic.`;
  const ended = `${tests.length - running.length} of ${count(tests.length, "test")} of ${candidateOf(rollout)} have ended`;
  return running.length === 0 ? `${ended}.` : `${ended}, at no traffic; waits for ${list(running)}.`;
}

function explainStep(rollout: Rollout, now: Instant): string {
  const step = rollout.steps[rollout.step];
  const share = capital(shareOf(rollout));
  if (step === undefined) return `${share}; every step is done.`;
  const where = `step ${rollout.step + 1} of ${rollout.steps.length}`;
  if (rollout.refusedSince !== null) {
    return `${share}, and ${where} waits for a data plane that refuses what it is told since ${toIso(rollout.refusedSince)}.`;
  }
  if (rollout.unavailableSince !== null) {
    return `${share}, and ${where} waits for ready instances since ${toIso(rollout.unavailableSince)}.`;
  }
  if (rollout.noDataSince !== null) {
    const why =
      rollout.judge?.verdict === "hold" ? bare(rollout.judge.message) : "there is too little traffic to judge";
    return `${share}, and ${where} is held since ${toIso(rollout.noDataSince)}: ${why}.`;
  }
  return `${share}; ${where} ${waitsFor(step, rollout, now)}${judged(rollout)}.`;
}

function waitsFor(step: Step, rollout: Rollout, now: Instant): string {
  switch (step.type) {
    case "setWeight":
    case "switch":
    case "mirror":
    case "match":
      return "waits until every gateway does what it is told";
    case "scale":
      return "waits for instances";
    case "hook":
      return `waits for the answer of ${shownAddress(step.url)}`;
    case "analyze":
      return `compares it with stable for ${left(step.seconds, rollout, now)} more`;
    case "wave":
      return describeMembers(rollout.members, step.targets);
    case "wait":
      if ("seconds" in step) return `waits ${left(step.seconds, rollout, now)} more`;
      return `waits for ${approvalWanted(rollout, step.approvals ?? 1, now)}`;
  }
}

const left = (duration: number, rollout: Rollout, now: Instant): string =>
  `${Math.ceil(Math.max(0, seconds(duration) - stepElapsed(rollout, now)) / 1_000)} s`;

function explainBake(rollout: Rollout, now: Instant): string {
  const rest = Math.ceil(bakeLeft(rollout, now) / 1_000);
  if (!promotes(rollout)) return `Revision ${rollout.fromRevision} keeps serving; the candidate is being taken away.`;
  if (rest === 0)
    return `${capital(shareOf(rollout))}; the last look at every gateway comes before it is declared stable.`;
  return `${capital(shareOf(rollout))}, watched for ${rest} s more while the old revision is kept warm${judged(rollout)}.`;
}

/** What the analysis says, as the end of a sentence; empty before it has said anything. */
function judged({ judge, analysis }: Rollout): string {
  if (judge !== null) return `; ${bare(judge.message)}`;
  if (analysis === null) return "";
  const { samples } = analysis;
  return `; no harm found so far in ${samples.candidate} requests of the candidate beside ${samples.stable} of stable`;
}

function bySamples({ analysis, judge }: Rollout): string {
  if (analysis === null || analysis.samples.candidate === 0) return "";
  const { samples } = analysis;
  const before = judge?.metrics.find(({ name }) => name.endsWith(BEFORE))?.samples ?? null;
  if (before !== null && before.stable > samples.stable) {
    return ` with ${before.candidate} requests compared with ${before.stable} that the revision before had answered until it left`;
  }
  if (samples.stable === 0) {
    return ` with ${samples.candidate} requests and none of the revision before to compare them with`;
  }
  return ` with ${samples.candidate} requests compared with ${samples.stable} of the revision before`;
}

/** Why an A/B test has promoted its candidate. */
const byGoal = ({ goal }: Rollout): string => (goal?.winner === "candidate" ? `; ${bare(goal.message)}` : "");

function serving(rollout: Rollout): string {
  if (rollout.fromRevision === null) return "Nothing serves";
  return `Revision ${rollout.fromRevision}${rollout.fromVersion === null ? "" : ` (${rollout.fromVersion})`} serves again`;
}

const candidateOf = ({ toRevision, toVersion }: Rollout): string => `revision ${toRevision} (${toVersion})`;

function shareOf(rollout: Rollout): string {
  if (rollout.waves !== null) return `${candidateOf(rollout)} at ${reachedTargets(rollout)}`;
  if (rollout.desired.split === null) return `${candidateOf(rollout)} at no traffic`;
  return `${candidateOf(rollout)} at ${percentFromWeight(candidateWeight(rollout, rollout.desired.split))} % of the traffic`;
}

function reachedTargets({ members }: Rollout): string {
  const reached = members.filter(({ state }) => state === "done").length;
  return `${reached} of ${count(members.length, "target")}`;
}

const because = ({ reason }: Rollout): string => inside(reason ?? "nobody said why");

/** A sentence as a part of another one. Names and acronyms at its beginning keep their case. */
const inside = (sentence: string): string =>
  bare(sentence).replace(/^[A-Z](?=[a-z]+ )/, (letter) => letter.toLowerCase());
const bare = (sentence: string): string => sentence.trim().replace(/[.\s]+$/, "");
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
const list = (names: readonly string[]): string => names.join(", ");
const words = (phase: Phase): string => phase.replaceAll("_", " ");
