import { type GateResult, type Instant, phaseElapsed } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { GateDeps } from "../../gate/gate.deps.ts";
import { evaluateGates } from "../../gate/gate.evaluate.ts";
import type { ActivityWork } from "./activities.ts";

/** The gates of artifact and environment, asked once. Those that wait for figures are asked again later (see `dueActivity`). */
export const gatesWork = (db: Kysely<Database>, deps: GateDeps, now: () => Instant): ActivityWork => ({
  async run({ deployment, rollouts, revisions }, signal): Promise<GateResult[]> {
    const rollout = rollouts[0]?.rollout;
    const revision = rollout === undefined ? undefined : revisions.get(rollout.toRevision);
    if (rollout === undefined || revision === undefined) return [];
    const run = {
      project: rollout.project,
      artifact: rollout.artifact,
      kind: deployment.kind,
      versionId: revision.versionId,
      version: revision.version,
      environment: rollout.environment,
      rollout: rollout.id,
      // As if it had begun later: the time of a pause is nobody's waiting.
      startedAt: now() - phaseElapsed(rollout, now()),
      round: rollout.attempts.gates,
    };
    return evaluateGates(db, run, deps, signal);
  },
  gaveUp: (message, at): GateResult[] => [
    { gate: "gates", required: true, status: "failed", conditions: [], message, waitsUntil: null, at },
  ],
});
