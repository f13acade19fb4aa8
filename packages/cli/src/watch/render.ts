import { isFinished } from "@sluice/client";
import { duration, percent } from "../output/quantity.ts";
import type { Colors } from "../session.ts";
import { movement } from "../views/rollout.ts";
import { bar, clip } from "./bar.ts";
import { renderAnalysis } from "./render.analysis.ts";
import { renderGoal, renderShadow } from "./render.comparison.ts";
import { renderPhases } from "./render.phases.ts";
import { renderStages } from "./render.stages.ts";
import { renderSteps } from "./render.steps.ts";
import { renderTargets } from "./render.targets.ts";
import { renderTraffic } from "./render.traffic.ts";
import type { RolloutView } from "./view.ts";
import { wrap } from "./wrap.ts";

export interface Canvas {
  /** Characters in a line; no line is longer. */
  width: number;
  /** Milliseconds since the epoch. */
  now: number;
  colors: Colors;
  /** Show every check, gate, test and metric with its sentence; absent: what is waited for, and what failed. */
  detailed?: boolean;
}

const LAST_EVENTS = 5;

/** The picture of a rollout at one moment. Depends on nothing but its arguments. */
export function renderRollout(view: RolloutView, canvas: Canvas): string {
  const sections = [
    renderHead(view, canvas),
    renderPhases(view.rollout, canvas),
    renderStanding(view, canvas),
    ...renderStages(view.rollout, canvas),
    renderSteps(view.rollout, canvas),
    renderTargets(view.rollout, canvas),
    renderTraffic(view, canvas),
    renderShadow(view, canvas),
    renderGoal(view, canvas),
    renderAnalysis(view, canvas),
    renderEvents(view, canvas),
    renderCommands(view, canvas),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function renderHead({ rollout, deployment }: RolloutView, { width, colors }: Canvas): string[] {
  const name = clip(`${deployment?.name ?? rollout.artifact} in ${rollout.environment}`, width);
  const rest = clip(`   ${movement(rollout)} · ${rollout.strategy.type} · ${rollout.id}`, width - name.length);
  return [colors.bold(name) + rest];
}

/** Phase, how long, how much longer, how far, and why. */
function renderStanding({ rollout }: RolloutView, { width, now, colors }: Canvas): string[] {
  const end = rollout.finishedAt === null ? now : Date.parse(rollout.finishedAt);
  const spent = duration(end - Date.parse(rollout.createdAt));
  const phase = rollout.paused ? `${rollout.phase} (paused)` : rollout.phase;
  const paintReason = rollout.reason === null ? (text: string) => text : colors.yellow;
  const reason = wrap(rollout.explanation, width).map((line) => paintReason(line));
  if (isFinished(rollout)) {
    const paint = rollout.phase === "completed" ? colors.green : colors.red;
    return [`${paint(colors.bold(phase))} after ${spent}`, ...reason];
  }
  const { estimatedCompletion: completion, progressPercentage: progress } = rollout;
  const left = completion === null ? "" : ` · about ${duration(Date.parse(completion) - now)} left`;
  return [
    colors.bold(phase) + clip(` for ${spent}${left}`, width - phase.length),
    `${bar(progress / 100, 20)} ${percent(progress)}`,
    ...reason,
  ];
}

function renderEvents({ events }: RolloutView, { width, colors }: Canvas): string[] {
  if (events.length === 0) return [];
  const lines = events.slice(-LAST_EVENTS).map((event) => {
    const line = clip(`  ${event.at.slice(11, 19)}  ${event.message}`, width);
    return event.alert ? colors.red(line) : colors.dim(line);
  });
  return [colors.bold("Events"), ...lines];
}

function renderCommands({ rollout }: RolloutView, { width, colors }: Canvas): string[] {
  if (rollout.allowedCommands.length === 0) return [];
  return wrap(`You may: ${rollout.allowedCommands.join(", ")}   (sluice rollout <command> ${rollout.id})`, width).map(
    (line) => colors.dim(line),
  );
}
