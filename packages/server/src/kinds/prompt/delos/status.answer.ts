import { isTerminal, NOTHING_STARTED, type Rollout } from "@sluice/core";
import type { GrpcDeps } from "../../../grpc/grpc.types.ts";
import { figuresOf } from "./figures.store.ts";
import { figuresNow, snapshotView } from "./figures.ts";
import { gateResultView } from "./gate.mapping.ts";
import { titlesOf } from "./gates.ts";
import { rolloutProgress } from "./progress.ts";
import { delosStatus } from "./status.ts";

/** What `GetDeploymentStatusResponse` has beside the deployment. */
export async function deliveryStatus({ db, services }: GrpcDeps, rollout: Rollout) {
  const now = services.clock();
  const gates = rollout.gates.map(({ gate }) => ({ project: rollout.project, name: gate }));
  const titles = await titlesOf(db, gates);
  const kept = await figuresOf(db, rollout.id);
  return {
    status: delosStatus(rollout),
    rollout: rolloutProgress(rollout, now),
    gate_results: rollout.gates.map((result) => gateResultView(result, titles.get(result.gate))),
    current_metrics: await currentMetrics({ db, services }, rollout, kept.at(-1)),
    metrics: kept.map(({ at, figures }) => snapshotView(at, figures)),
  };
}

type Kept = Awaited<ReturnType<typeof figuresOf>>[number];

/** Of a rollout that has ended, the last that was seen of it: what the data plane counts now is not its doing any more. */
async function currentMetrics({ db, services }: Pick<GrpcDeps, "db" | "services">, rollout: Rollout, last?: Kept) {
  if (NOTHING_STARTED.includes(rollout.phase)) return null;
  if (isTerminal(rollout.phase)) return last === undefined ? null : snapshotView(last.at, last.figures);
  return snapshotView(new Date(services.clock()), await figuresNow(db, services.live, rollout));
}
