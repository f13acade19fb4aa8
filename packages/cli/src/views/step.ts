import type { Rollout } from "@sluice/client";
import { duration, percent } from "../output/quantity.ts";

export type StepView = Rollout["steps"][number];

/** A compiled step in a few words. */
export function stepTitle(step: Pick<StepView, "type"> & Partial<StepView>): string {
  switch (step.type) {
    case "setWeight":
      return `set weight to ${percent(step.weight ?? 0)}`;
    case "wait":
      return step.approval === true ? "wait for approval" : `wait ${duration((step.seconds ?? 0) * 1_000)}`;
    case "analyze":
      return `analyze for ${duration((step.seconds ?? 0) * 1_000)}`;
    case "mirror":
      return `mirror ${percent(step.weight ?? 0)} of the requests`;
    case "match":
      return "send matching requests to the candidate";
    case "scale":
      return `scale the candidate to ${percent(step.percentage ?? 0)}`;
    case "switch":
      return "switch all traffic";
    case "wave": {
      const { targets = [], maxParallel = targets.length } = step;
      return `deliver to ${targets.join(", ")}${maxParallel < targets.length ? `, ${maxParallel} at a time` : ""}`;
    }
    case "hook":
      return `call ${step.url ?? "the hook"}`;
  }
}
