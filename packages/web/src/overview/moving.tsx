import type { Rollout } from "@sluice/client";
import { Link } from "@tanstack/react-router";
import { percent } from "../format/number.ts";
import { nextOf } from "../rollout/next.ts";
import { Card } from "../ui/card.tsx";
import { PhaseBadge } from "../ui/phase.tsx";
import { Empty } from "../ui/states.tsx";
import { useNow } from "../ui/use-now.ts";
import { WAIT_WORDS, type Wait } from "./waiting.ts";

/** Rollouts that are under way: where each stands and why, how much traffic it has, what happens next. */
export function MovingNow({ rollouts, more }: { rollouts: readonly Rollout[]; more: boolean }) {
  return (
    <Card
      title="Moving now"
      className="min-h-56"
      aside={
        <Link to="/rollouts" search={more ? { group: "moving" } : {}} className="text-accent underline">
          {more ? "All that move" : "All rollouts"}
        </Link>
      }
    >
      {rollouts.length === 0 ? (
        <Empty title="Nothing moves" />
      ) : (
        <ul className="divide-y divide-line">
          {rollouts.map((rollout) => (
            <Moving key={rollout.id} rollout={rollout} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Moving({ rollout }: { rollout: Rollout }) {
  const now = useNow();
  const { id, artifact, environment, fromVersion, toVersion, phase, paused, weight, explanation } = rollout;
  return (
    <li className="relative min-h-24 space-y-1.5 px-4 py-3 hover:bg-sunken">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Link
          to="/rollouts/$id"
          params={{ id }}
          // The whole of it is the link; the name is what it is called.
          className="font-medium wrap-anywhere after:absolute after:inset-0"
        >
          <bdi>{artifact}</bdi> in <bdi>{environment}</bdi>
        </Link>
        <PhaseBadge phase={phase} paused={paused} />
        <span className="font-mono text-xs wrap-anywhere text-muted">
          {fromVersion ?? "nothing"} → {toVersion}
        </span>
      </div>
      <p className="line-clamp-2 wrap-anywhere text-muted">{explanation}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
        <span aria-hidden className="h-1.5 w-28 overflow-hidden rounded-full bg-line">
          <span className="block h-full bg-candidate" style={{ width: `${weight}%` }} />
        </span>
        <span>{percent(weight)} of the callers</span>
        <span className="min-w-0 wrap-anywhere text-muted">Next: {nextOf(rollout, now)}</span>
      </div>
    </li>
  );
}

export interface Waiting {
  rollout: Rollout;
  wait: Wait;
}

/** What stands still until the person who looks at it does something. */
export function WaitsForYou({ waiting }: { waiting: readonly Waiting[] }) {
  return (
    <Card title="Waits for you" className="min-h-56">
      {waiting.length === 0 ? (
        <Empty title="Nothing waits for you" />
      ) : (
        <ul className="divide-y divide-line">
          {waiting.map(({ rollout, wait }) => (
            <li key={rollout.id} className="relative space-y-1 px-4 py-3 hover:bg-sunken">
              <Link
                to="/rollouts/$id"
                params={{ id: rollout.id }}
                className="font-medium wrap-anywhere after:absolute after:inset-0"
              >
                <bdi>{rollout.artifact}</bdi> <span className="font-mono">{rollout.toVersion}</span> in{" "}
                <bdi>{rollout.environment}</bdi>
              </Link>
              <p className="text-warn">{WAIT_WORDS[wait]}</p>
              <p className="text-xs text-muted">
                asked for by <bdi className="wrap-anywhere">{rollout.triggeredBy}</bdi>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
