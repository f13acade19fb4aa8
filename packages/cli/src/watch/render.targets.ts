import type { Rollout } from "@sluice/client";
import { percent } from "../output/quantity.ts";
import { bar, clip } from "./bar.ts";
import type { Canvas } from "./render.ts";

type Member = NonNullable<Rollout["members"]>[number];

const MARKS: Readonly<Record<Member["state"], string>> = {
  waiting: "○",
  underway: "●",
  held: "‖",
  done: "✔",
  failed: "✖",
  returning: "↶",
};

/** Where each target of a rollout stands, a line each; nothing for a rollout to one target. */
export function renderTargets({ members }: Pick<Rollout, "members">, { width, colors }: Canvas): string[] {
  if (members === null || members.length === 0) return [];
  const nameWidth = Math.max(...members.map(({ target }) => target.length));
  const lines = members.map((member) => {
    const { target, state, weight } = member;
    const share = `${bar(weight / 100, 12)} ${percent(weight).padStart(7)}`;
    const line = clip(`  ${MARKS[state]} ${target.padEnd(nameWidth)}  ${share}  ${standing(member)}`, width);
    if (state === "done") return colors.green(line);
    if (state === "failed" || state === "held") return colors.red(line);
    return state === "underway" ? colors.cyan(line) : colors.dim(line);
  });
  return [colors.bold("Targets"), ...lines];
}

function standing({ state, phase, paused, asksApproval, reason }: Member): string {
  const words = state === "underway" && phase !== null ? phase.replaceAll("_", " ") : state;
  const asks = asksApproval ? ", waits for approval" : "";
  return `${words}${paused ? " (paused)" : ""}${asks}${reason === null ? "" : `: ${reason}`}`;
}
