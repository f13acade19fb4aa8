import { clip } from "./bar.ts";
import type { Canvas } from "./render.ts";
import type { RolloutView } from "./view.ts";
import { wrap } from "./wrap.ts";

/** Examples of differing answers that are shown. */
const EXAMPLES = 3;

/** How the copies of a shadow were answered, and first examples of what differed. */
export function renderShadow({ rollout: { shadow } }: RolloutView, { width, colors }: Canvas): string[] {
  if (shadow === null) return [];
  const { compared, skipped, statusMismatches, bodyMismatches, bodiesSkipped, latencyMs, examples } = shadow;
  const bodies = bodyMismatches === null ? "bodies not compared" : `${bodyMismatches} other bodies`;
  const unread = bodiesSkipped === 0 ? "" : `  ${bodiesSkipped} bodies not compared`;
  const { stable, candidate } = latencyMs;
  const speed =
    stable === null || candidate === null
      ? []
      : [`  p95 ${milliseconds(candidate.p95)} against ${milliseconds(stable.p95)} of stable`];
  return [
    colors.bold("Shadow"),
    `  ${compared} compared  ${skipped} without an answer  ${statusMismatches} other statuses  ${bodies}${unread}`,
    ...speed,
    ...examples
      .slice(0, EXAMPLES)
      .map((seen) => `  ${seen.method} ${seen.path}: ${seen.stable} against ${seen.candidate}; ${seen.difference}`),
  ].map((line) => clip(line, width));
}

/** What an A/B test has counted so far, in a sentence. */
export function renderGoal({ rollout: { goal } }: RolloutView, { width, colors }: Canvas): string[] {
  if (goal === null) return [];
  const winner = goal.winner === null ? "no winner yet" : `${goal.winner} wins`;
  return [`${colors.bold("Goal")} ${winner}`, ...wrap(goal.message, width - 2).map((line) => `  ${line}`)];
}

const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;
