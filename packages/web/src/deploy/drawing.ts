import { span } from "../format/time.ts";
import { type Step, wordsOf } from "./step.ts";

/** A part of the way on which nothing changes. Widths are percent of the whole drawing. */
export interface Stretch {
  from: number;
  to: number;
  /** Percent of the callers that the candidate has. */
  weight: number;
  /** Percent of the requests that are copied to it. */
  mirrored: number;
  /** `person`: nobody knows how long. `end`: for as long as it serves. */
  kind: "begin" | "wait" | "compare" | "person" | "hook" | "end";
  /** What is waited for; empty at both ends. */
  words: string;
}

export interface Drawing {
  stretches: Stretch[];
  /** How long it takes when nobody is waited for. Seconds. */
  seconds: number;
  /** Where the time is told below the line, with what passed until there. */
  ticks: { at: number; label: string }[];
}

/** What has no length of its own takes so much of the width, less when there is much of it. Percent. */
const BREAK = 8;
const ALL_BREAKS = 60;
/** A short wait beside a long one can still be seen. Percent. */
const NARROWEST = 2;
const FULL = 10_000;

interface Part extends Omit<Stretch, "from" | "to"> {
  /** Null: has no length of its own. */
  seconds: number | null;
}

/** The way of the traffic over time: the candidate's share, drawn to the length of every wait; waits for people are breaks. */
export function drawingOf(steps: readonly Step[]): Drawing {
  const parts = partsOf(steps);
  const seconds = parts.reduce((sum, part) => sum + (part.seconds ?? 0), 0);
  const breaks = parts.filter((part) => part.seconds === null).length;
  const ofBreak = seconds === 0 ? 100 / breaks : Math.min(BREAK, ALL_BREAKS / breaks);
  const shares = parts.map((part) =>
    part.seconds === null ? null : Math.max(NARROWEST, ((100 - breaks * ofBreak) * part.seconds) / seconds),
  );
  const taken = shares.reduce<number>((sum, share) => sum + (share ?? 0), 0);
  const scale = taken === 0 ? 1 : (100 - breaks * ofBreak) / taken;
  const stretches: Stretch[] = [];
  const ticks: Drawing["ticks"] = [];
  let at = 0;
  let passed = 0;
  for (const [index, { seconds: took, ...part }] of parts.entries()) {
    const to = at + (shares[index] === null ? ofBreak : (shares[index] ?? 0) * scale);
    stretches.push({ ...part, from: at, to });
    passed += took ?? 0;
    if (part.kind !== "end") ticks.push({ at: to, label: span(passed * 1_000) });
    at = to;
  }
  return { stretches, seconds, ticks: apart(ticks) };
}

/** Labels that would stand on one another are left out; the last one stays. Percent. */
const APART = 9;
function apart(ticks: Drawing["ticks"]): Drawing["ticks"] {
  const kept: Drawing["ticks"] = [];
  for (const [index, tick] of ticks.entries()) {
    const before = kept.at(-1);
    if (before === undefined || tick.at - before.at >= APART) kept.push(tick);
    else if (index === ticks.length - 1 && kept.length > 1) kept.splice(-1, 1, tick);
  }
  return kept;
}

function partsOf(steps: readonly Step[]): Part[] {
  const parts: Part[] = [{ weight: 0, mirrored: 0, kind: "begin", words: "", seconds: null }];
  let weight = 0;
  let mirrored = 0;
  for (const step of steps) {
    if (step.type === "setWeight") weight = step.weight / 100;
    if (step.type === "switch") weight = FULL / 100;
    if (step.type === "mirror") mirrored = step.weight / 100;
    const here = { weight, mirrored, words: wordsOf(step) };
    if (step.type === "analyze") parts.push({ ...here, kind: "compare", seconds: step.seconds });
    if (step.type === "hook") parts.push({ ...here, kind: "hook", seconds: null });
    if (step.type === "wait")
      parts.push(
        "approval" in step
          ? { ...here, kind: "person", seconds: null }
          : { ...here, kind: "wait", seconds: step.seconds },
      );
  }
  // What takes no time at all has no place on the way.
  return [...parts.filter(({ seconds }) => seconds !== 0), { weight, mirrored, kind: "end", words: "", seconds: null }];
}

/** The line of one figure as the points of a drawing 100 wide and 100 high, 0 below. */
export const pointsOf = (stretches: readonly Stretch[], figure: "weight" | "mirrored"): string =>
  stretches
    .flatMap((stretch) => [
      `${round(stretch.from)},${100 - stretch[figure]}`,
      `${round(stretch.to)},${100 - stretch[figure]}`,
    ])
    .join(" ");

const round = (value: number): number => Math.round(value * 100) / 100;
