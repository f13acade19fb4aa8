import type { Rollout } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { isGone } from "../api/problems.ts";
import { deploymentQuery, rolloutQuery } from "../api/queries.ts";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { PhaseBadge } from "../ui/phase.tsx";
import { Answered, Trouble } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Actions } from "./actions.tsx";
import { Answers } from "./answers.tsx";
import { Arms } from "./arms.tsx";
import { Checks } from "./checks.tsx";
import { isOver } from "./commands.ts";
import { DeployOn } from "./deploy-on.tsx";
import { Events } from "./events.tsx";
import { course } from "./evidence.ts";
import { Evidence, Plots } from "./plots.tsx";
import { recent } from "./series.ts";
import { Track } from "./track.tsx";
import { useSeries } from "./use-series.ts";

const route = getRouteApi("/rollouts/$id");

/** Figures change without any event. Milliseconds. */
const LOOK_MS = 2_000;
/** What counts as lately, beside the plots. */
const LATELY_SECONDS = 30;

export function RolloutPage() {
  const { id } = route.useParams();
  const rollout = useQuery({
    ...rolloutQuery(id),
    refetchInterval: ({ state: { data, error } }) =>
      data === undefined || isOver(data) || isGone(error) ? false : LOOK_MS,
  });
  return (
    <Answered query={rollout} isPage>
      {(found) => <Picture rollout={found} />}
    </Answered>
  );
}

function Picture({ rollout }: { rollout: Rollout }) {
  const navigate = useNavigate();
  const isGoing = useQuery(deploymentQuery(rollout.deployment)).data?.status === "deleting";
  const { points, error, retry } = useSeries(rollout.id, !isOver(rollout));
  const last = recent(points, LATELY_SECONDS);
  useTitle(`${rollout.artifact} ${rollout.toVersion}: ${rollout.phase.replaceAll("_", " ")}`);
  return (
    <div className="space-y-4">
      <header className="grid grid-cols-1 items-start gap-3 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
        <div className="min-w-0 space-y-1">
          <h1 className="flex flex-wrap items-center gap-2 text-lg font-semibold wrap-anywhere">
            {rollout.artifact} in {rollout.environment}
            <PhaseBadge phase={rollout.phase} paused={rollout.paused} />
            {isGoing && <StatusBadge status="deleting" />}
          </h1>
          <p className="text-muted">
            <Link to="/deployments/$id" params={{ id: rollout.deployment }} className="text-accent underline">
              Deployment
            </Link>{" "}
            · begun by {rollout.triggeredBy} <Time at={rollout.createdAt} />
          </p>
        </div>
        <div className="flex flex-wrap items-start gap-2 lg:justify-end">
          <DeployOn rollout={rollout} />
          <Actions rollout={rollout} onMoved={(next) => void navigate({ to: "/rollouts/$id", params: { id: next } })} />
        </div>
      </header>
      <p role="status" className="min-h-48 text-base sm:min-h-18 wrap-anywhere">
        {course(rollout.explanation, rollout.analysis)}
      </p>
      <Answers rollout={rollout} last={last} />
      <section aria-label="The way" className="rounded-lg border border-line bg-surface">
        <Track rollout={rollout} />
      </section>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-4">
          <Evidence rollout={rollout} points={points} />
          {error === null ? <Plots points={points} /> : <Trouble error={error} retry={retry} />}
        </div>
        <div className="min-w-0 space-y-4">
          <Arms rollout={rollout} last={last} />
          <Checks rollout={rollout} />
          <Events rollout={rollout} />
        </div>
      </div>
    </div>
  );
}
