import type { Rollout } from "@sluice/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { rolloutsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { usePrincipal } from "../app/session.tsx";
import { phasesOf } from "../rollouts/filter.ts";
import { Answered } from "../ui/states.tsx";
import { useTitle } from "../ui/use-title.ts";
import { DemoLine } from "../welcome/demo-line.tsx";
import { Welcome } from "../welcome/welcome.tsx";
import { History } from "./history.tsx";
import { Matrix } from "./matrix.tsx";
import { MovingNow, WaitsForYou } from "./moving.tsx";
import { type Overview, overviewQuery } from "./queries.ts";
import { waitsFor } from "./waiting.ts";

const MOST_MOVING = 20;

/** Where everything stands; on a project without any deployment, how to begin. */
export function OverviewPage() {
  useTitle("Overview");
  const overview = useQuery(overviewQuery(useProject()));
  return (
    <Answered query={overview} rows={12}>
      {(found) => (found.deployments.length === 0 ? <Welcome /> : <Standing overview={found} />)}
    </Answered>
  );
}

function Standing({ overview }: { overview: Overview }) {
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">Overview</h1>
        <DemoLine />
      </div>
      <Now />
      <Matrix overview={overview} />
      <History />
    </div>
  );
}

/** What waits for others has the least to tell. */
const queuedLast = (rollouts: readonly Rollout[]): Rollout[] =>
  rollouts.toSorted((left, right) => Number(left.phase === "queued") - Number(right.phase === "queued"));

/** What moves, and what of it waits for whoever looks. */
function Now() {
  const project = useProject();
  const principal = usePrincipal();
  const queries = useQueryClient();
  const moving = useQuery(rolloutsQuery({ project, phase: phasesOf("moving"), limit: MOST_MOVING }));
  const under = moving.data?.items.map(({ id }) => id).join();
  // One that begins or ends changes what is counted; what it does in between does not.
  useEffect(() => {
    if (under !== undefined) void queries.invalidateQueries({ queryKey: ["insights", project] });
  }, [queries, project, under]);
  return (
    <div className="grid min-h-116 grid-cols-1 items-start gap-4 lg:min-h-56 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Answered query={moving} rows={6}>
        {({ items, nextCursor }) => (
          <>
            <MovingNow rollouts={queuedLast(items)} more={nextCursor !== null} />
            <WaitsForYou
              waiting={items.flatMap((rollout) => {
                const wait = waitsFor(rollout, principal);
                return wait === null ? [] : [{ rollout, wait }];
              })}
            />
          </>
        )}
      </Answered>
    </div>
  );
}
