import type { Phase } from "@sluice/client";
import { Badge, type Tone } from "./badge.tsx";

const TONES: Partial<Record<Phase, Tone>> = {
  completed: "good",
  failed: "bad",
  rolled_back: "bad",
  rolling_back: "bad",
  awaiting_approval: "warn",
  cancelled: "plain",
  superseded: "plain",
};

/** Where a rollout is, in one word. */
export function PhaseBadge({ phase, paused = false }: { phase: Phase; paused?: boolean }) {
  return (
    <Badge tone={paused ? "warn" : (TONES[phase] ?? "accent")}>{paused ? "paused" : phase.replaceAll("_", " ")}</Badge>
  );
}
