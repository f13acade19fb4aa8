import type { Rollout } from "@sluice/client";
import { Link } from "@tanstack/react-router";
import { percent } from "../format/number.ts";
import { PhaseBadge } from "../ui/phase.tsx";
import { Time } from "../ui/time.tsx";

/** A rollout as one of many: what goes where, how far it is, why, and who wanted it. */
export function RolloutRow({ rollout }: { rollout: Rollout }) {
  const { id, artifact, environment, fromVersion, toVersion, phase, paused, explanation, triggeredBy } = rollout;
  return (
    <li className="relative grid min-h-20 grid-cols-1 gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken lg:grid-cols-[minmax(0,18rem)_10rem_minmax(0,1fr)_11rem]">
      <div className="min-w-0">
        <Link
          to="/rollouts/$id"
          params={{ id }}
          // The whole row is the link; the name is what it is called.
          className="font-medium wrap-anywhere after:absolute after:inset-0"
        >
          <bdi>{artifact}</bdi> → <bdi>{environment}</bdi>
        </Link>
        <p className="font-mono text-xs wrap-anywhere text-muted">
          {fromVersion ?? "nothing"} → {toVersion}
        </p>
      </div>
      <div className="space-y-1.5">
        <PhaseBadge phase={phase} paused={paused} />
        <WeightBar weight={rollout.weight} over={rollout.outcome !== null} />
      </div>
      <p className="line-clamp-2 min-w-0 self-start wrap-anywhere text-muted">{explanation}</p>
      <p className="text-xs text-muted lg:text-right">
        <bdi className="wrap-anywhere">{triggeredBy}</bdi>
        <span className="relative z-10 block">
          <Time at={rollout.createdAt} />
        </span>
      </p>
    </li>
  );
}

/** The candidate's share of the callers. */
function WeightBar({ weight, over }: { weight: number; over: boolean }) {
  return (
    <span className="flex items-center gap-2 text-xs text-muted">
      <span aria-hidden className="h-1.5 w-20 overflow-hidden rounded-full bg-line">
        <span className={`block h-full ${over ? "bg-edge" : "bg-candidate"}`} style={{ width: `${weight}%` }} />
      </span>
      <span className="sr-only">Share of the callers: </span>
      {percent(weight)}
    </span>
  );
}
