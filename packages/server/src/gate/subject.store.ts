import { ARTIFACT_KINDS, type Rollout, SluiceError } from "@sluice/core";
import type { Db } from "../db/database.ts";
import type { CelSubject } from "./gate.cel.ts";
import type { GateRun } from "./gate.evaluate.ts";

/** What an expression is told of the version and the deployment. Throws `not_found` when the rollout is gone. */
export async function celSubject(db: Db, run: GateRun): Promise<CelSubject> {
  const row = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .innerJoin("versions as v", (join) => join.on("v.id", "=", run.versionId))
    .select([
      "r.state",
      "d.id",
      "d.name",
      "d.labels",
      "a.kind",
      "a.labels as artifact_labels",
      "v.version",
      "v.digest",
      "v.spec",
    ])
    .where("r.id", "=", run.rollout)
    .executeTakeFirst();
  const kind = ARTIFACT_KINDS.find((known) => known === row?.kind);
  if (row === undefined || kind === undefined)
    throw new SluiceError("not_found", `rollout ${run.rollout} does not exist`);
  const { strategy, fromVersion }: Rollout = row.state;
  return {
    artifact: run.artifact,
    kind,
    labels: row.artifact_labels,
    version: { version: row.version, digest: row.digest, spec: row.spec },
    environment: run.environment,
    deployment: { id: row.id, name: row.name, labels: row.labels, strategy: strategy.type, fromVersion },
  };
}
