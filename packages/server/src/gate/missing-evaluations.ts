import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import { recordEvaluation } from "../evaluation/evaluation.record.ts";
import type { EvaluationAnswer } from "../evaluation/evaluation.source.ts";
import { newestEvaluations } from "../evaluation/evaluation.store.ts";
import { concurrently } from "./concurrently.ts";
import type { GateDeps } from "./gate.deps.ts";
import type { GateRun } from "./gate.evaluate.ts";

/** Datasets that the external service is asked for at once. */
const AT_ONCE = 4;

/**
 * Asks the external service, if there is one, for the datasets that have no evaluation of the version yet, and records what
 * it answers. Returns what it said of the others. A service that is down is asked again with patience, never at once.
 */
export async function missingEvaluations(
  db: Kysely<Database>,
  run: GateRun,
  datasets: readonly string[],
  { service, patience, now }: GateDeps,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const silences = new Map<string, string>();
  if (service === null || datasets.length === 0) return silences;
  const present = new Set((await newestEvaluations(db, run.versionId, datasets)).map(({ dataset }) => dataset));
  const missing = datasets.filter((dataset) => !present.has(dataset));
  await concurrently(missing, AT_ONCE, async (dataset) => {
    const key = JSON.stringify(["evaluation", run.versionId, dataset]);
    const early = patience.tooEarly(key);
    if (early !== null) return silences.set(dataset, early);
    const { project, artifact, version } = run;
    const answer = await service.ask({ project, artifact, version, dataset }, signal);
    if (answer.status === "found") {
      patience.answered(key);
      return record(db, run, answer.input, now());
    }
    const reason = answer.status === "none" ? "the evaluation service has none either" : answer.reason;
    patience.inVain(key, reason);
    return silences.set(dataset, reason);
  });
  return silences;
}

/** Unless somebody recorded one meanwhile: what people record counts more than what a service is asked for. */
async function record(
  db: Kysely<Database>,
  { project, versionId }: GateRun,
  input: Extract<EvaluationAnswer, { status: "found" }>["input"],
  now: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Held until the commit: of two rollouts that ask for the same figures, one records them.
    await tx.selectFrom("versions").select("id").where("id", "=", versionId).forNoKeyUpdate().execute();
    const evaluations = await newestEvaluations(tx, versionId, [input.dataset]);
    if (evaluations.some(({ dataset }) => dataset === input.dataset)) return;
    await recordEvaluation(tx, input, { project, versionId, actor: "engine", now });
  });
}
