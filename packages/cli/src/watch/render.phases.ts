import type { Phase, Rollout } from "@sluice/client";
import { FORWARD_PHASES } from "@sluice/core";
import type { Canvas } from "./render.ts";

const LABELS: Readonly<Record<(typeof FORWARD_PHASES)[number], string>> = {
  queued: "queue",
  validating: "validate",
  awaiting_approval: "approve",
  gating: "gate",
  preparing: "prepare",
  testing: "test",
  shifting: "shift",
  monitoring: "monitor",
};

const FORWARD: readonly Phase[] = FORWARD_PHASES;

const SEPARATOR = " → ";

/** The way of a rollout with what is behind it, where it is, and what lies ahead. A way that was left shows only its end. */
export function renderPhases({ phase, paused }: Pick<Rollout, "phase" | "paused">, canvas: Canvas): string[] {
  const { colors } = canvas;
  const here = FORWARD.indexOf(phase);
  if (here < 0 && phase !== "completed") return [wayBack(phase, canvas)];
  const marks = FORWARD_PHASES.map((known, index) => {
    const label = LABELS[known];
    if (here < 0 || index < here) return { text: `✔ ${label}`, paint: colors.green };
    if (index === here) return { text: `${paused ? "‖" : "●"} ${label}`, paint: colors.cyan };
    return { text: `○ ${label}`, paint: colors.dim };
  });
  return breakLines(marks, canvas.width);
}

function wayBack(phase: Phase, { colors }: Canvas): string {
  switch (phase) {
    case "rolling_back":
      return colors.yellow("● traffic goes back to stable");
    case "rolled_back":
      return colors.red("✖ rolled back: traffic is on stable");
    case "gates_failed":
      return colors.red("✖ a gate did not pass: no traffic was moved");
    default:
      return colors.red(`✖ ${phase}`);
  }
}

interface Mark {
  text: string;
  paint: (text: string) => string;
}

function breakLines(marks: readonly Mark[], width: number): string[] {
  const lines: Mark[][] = [[]];
  let length = 0;
  for (const mark of marks) {
    const needed = mark.text.length + SEPARATOR.length;
    if (length > 0 && length + needed > width) {
      lines.push([]);
      length = 0;
    }
    lines.at(-1)?.push(mark);
    length += needed;
  }
  return lines.map((line) => line.map(({ text, paint }) => paint(text)).join(SEPARATOR));
}
