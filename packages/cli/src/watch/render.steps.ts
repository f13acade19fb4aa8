import type { Rollout } from "@sluice/client";
import { duration } from "../output/quantity.ts";
import { type StepView, stepTitle } from "../views/step.ts";
import { clip } from "./bar.ts";
import type { Canvas } from "./render.ts";

const MARKS: Readonly<Record<StepView["status"], string>> = { pending: "○", running: "●", done: "✔", skipped: "–" };

/** More steps than this are shown around the present one. */
const MOST = 9;

export function renderSteps({ steps, step }: Pick<Rollout, "steps" | "step">, canvas: Canvas): string[] {
  if (steps.length === 0) return [];
  const { colors, width, now } = canvas;
  const first = steps.length <= MOST ? 0 : Math.min(Math.max(0, step - 3), steps.length - MOST);
  const shown = steps.slice(first, first + MOST);
  const lines = shown.map((entry) => {
    const line = clip(`  ${MARKS[entry.status]} ${stepTitle(entry)}${timeOf(entry, now)}`, width);
    if (entry.status === "running") return colors.cyan(line);
    return entry.status === "done" ? colors.green(line) : colors.dim(line);
  });
  const title = shown.length < steps.length ? `Steps ${first + 1}–${first + shown.length} of ${steps.length}` : "Steps";
  return [colors.bold(title), ...lines];
}

function timeOf({ status, startedAt, finishedAt, seconds }: StepView, now: number): string {
  if (startedAt === null) return "";
  if (finishedAt !== null) return ` (${duration(Date.parse(finishedAt) - Date.parse(startedAt))})`;
  if (status !== "running") return "";
  const spent = duration(now - Date.parse(startedAt));
  return seconds === undefined ? ` (${spent})` : ` (${spent} of ${duration(seconds * 1_000)})`;
}
