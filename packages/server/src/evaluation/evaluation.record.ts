import type { EvaluationInput, Instant } from "@sluice/core";
import type { Transaction } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { gatingOn, insertEvaluation, type StoredEvaluation } from "./evaluation.store.ts";

interface Of {
  project: string;
  versionId: string;
  /** Who records it; shown in the audit. */
  actor: string;
  now: Instant;
}

/** Records an evaluation, says so, and wakes the deployments whose gates wait for figures of this version. */
export async function recordEvaluation(
  tx: Transaction<Database>,
  input: EvaluationInput,
  { project, versionId, actor, now }: Of,
): Promise<StoredEvaluation> {
  const { artifact, version, dataset, metrics, sampleCount, source, details } = input;
  const at = new Date(now);
  const fresh = {
    id: newId("eva"),
    project,
    versionId,
    dataset,
    metrics,
    sampleCount,
    source,
    details,
    startedAt: input.startedAt === undefined ? null : new Date(input.startedAt),
    finishedAt: input.finishedAt === undefined ? at : new Date(input.finishedAt),
    recordedAt: at,
    recordedBy: actor,
  };
  await insertEvaluation(tx, fresh);
  for (const deployment of await gatingOn(tx, { project, artifact, version })) await wakeDeployment(tx, deployment);
  const figures = Object.entries(metrics)
    .slice(0, SHOWN)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  await appendEvents(tx, [
    {
      project,
      deployment: null,
      rollout: null,
      type: "evaluation.recorded",
      message: `${artifact} ${version} on ${dataset}: ${figures} (${sampleCount} samples, ${source})`,
      alert: false,
      data: { evaluation: fresh.id, artifact, version, dataset },
      at,
    },
  ]);
  const detail = { artifact, version, dataset, metrics, sampleCount, source };
  await appendAudit(tx, { project, actor, action: "evaluation.record", subject: fresh.id, detail, at });
  return { ...fresh, artifact, version };
}

/** Metrics that an event's sentence names. */
const SHOWN = 5;
