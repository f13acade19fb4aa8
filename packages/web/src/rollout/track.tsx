import type { Rollout } from "@sluice/client";
import { Check, Circle, CircleDot, Minus, X } from "lucide-react";
import { span } from "../format/time.ts";
import { Hint } from "../ui/hint.tsx";
import { useNow } from "../ui/use-now.ts";
import { type Place, trackOf } from "./track.ts";

const ICONS = { done: Check, now: CircleDot, ahead: Circle, failed: X, skipped: Minus } as const;
const TONES: Readonly<Record<Place, string>> = {
  done: "text-good",
  now: "text-accent",
  ahead: "text-muted",
  failed: "text-bad",
  skipped: "text-muted",
};
const WORDS: Readonly<Record<Place, string>> = {
  done: "done",
  now: "now",
  ahead: "ahead",
  failed: "ended here",
  skipped: "not reached",
};

/** The way of the rollout: its phases, and the steps of its traffic. */
export function Track({ rollout }: { rollout: Rollout }) {
  return (
    <div className="space-y-3 p-4">
      <ol aria-label="Phases" className="flex flex-wrap gap-x-1 gap-y-2">
        {trackOf(rollout).map(({ phase, label, place }, index) => {
          const Icon = ICONS[place];
          return (
            <li
              key={phase}
              aria-current={place === "now" ? "step" : undefined}
              className={`flex items-center gap-1.5 ${TONES[place]}`}
            >
              {index > 0 && <span aria-hidden className="mr-1 h-px w-5 bg-line" />}
              <Icon aria-hidden className="size-4 shrink-0" />
              <span className={place === "now" ? "font-semibold" : ""}>{label}</span>
              <span className="sr-only">{WORDS[place]}</span>
            </li>
          );
        })}
      </ol>
      {rollout.steps.length > 0 && <Steps rollout={rollout} />}
    </div>
  );
}

type Step = Rollout["steps"][number];

const GROUNDS: Readonly<Record<Step["status"], string>> = {
  pending: "border-line text-muted",
  running: "border-accent font-semibold text-text",
  done: "border-transparent bg-good-ground text-good",
  skipped: "border-line text-muted line-through",
};

function Steps({ rollout }: { rollout: Rollout }) {
  return (
    <ol aria-label="Steps" className="flex flex-wrap gap-1.5">
      {rollout.steps.map((step, index) => (
        <li key={index} aria-current={step.status === "running" ? "step" : undefined}>
          <StepBox step={step} />
        </li>
      ))}
    </ol>
  );
}

function StepBox({ step }: { step: Step }) {
  return (
    <Hint text={`${words(step)}: ${step.status}`}>
      <span
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what it says on hover, the keyboard reaches too
        tabIndex={0}
        className={`inline-flex h-7 items-center gap-1 rounded-md border px-2 text-xs ${GROUNDS[step.status]}`}
      >
        {words(step)}
        {step.status === "running" && step.seconds !== undefined && step.startedAt !== null && (
          <Left until={Date.parse(step.startedAt) + step.seconds * 1_000} />
        )}
      </span>
    </Hint>
  );
}

function Left({ until }: { until: number }) {
  const now = useNow();
  return <span className="font-normal text-muted">{until > now ? `${span(until - now)} left` : "…"}</span>;
}

function words(step: Step): string {
  switch (step.type) {
    case "setWeight":
      return `${step.weight ?? 0} %`;
    case "mirror":
      return `mirror ${step.weight ?? 0} %`;
    case "wait":
      return step.approval === true
        ? `approval${(step.approvals ?? 1) > 1 ? ` by ${step.approvals}` : ""}`
        : `wait ${span((step.seconds ?? 0) * 1_000)}`;
    case "analyze":
      return "analysis";
    case "scale":
      return `scale to ${step.percentage ?? 0} %`;
    case "match":
      return "callers by rule";
    case "switch":
      return "switch all";
    case "hook":
      return "hook";
    case "wave":
      return `wave: ${(step.targets ?? []).join(", ")}`;
  }
}
