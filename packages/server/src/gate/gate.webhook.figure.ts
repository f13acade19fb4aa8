import { conditionName, type Figure, type GateCondition, type GateWebhook, SluiceError } from "@sluice/core";
import type { GateDeps } from "./gate.deps.ts";
import type { Known } from "./gate.evaluate.ts";
import { wholeWebhook } from "./gate.secrets.ts";
import type { StoredGate } from "./gate.store.ts";
import { askWebhook } from "./gate.webhook.ts";

/** The webhook's decision: of this round, asked once; while there is none, asked again with patience. */
export async function webhookFigure(
  gate: StoredGate,
  condition: GateCondition,
  webhook: GateWebhook,
  { run, evaluations }: Known,
  { now, patience, decisions, sealer }: GateDeps,
  signal: AbortSignal,
): Promise<Figure> {
  const name = conditionName(condition);
  // A gate that was changed asks anew.
  const key = JSON.stringify([run.rollout, run.round, gate.name, gate.updatedAt.getTime(), name]);
  const decided = decisions.find(key);
  if (decided !== undefined) return decided;
  const early = patience.tooEarly(key);
  if (early !== null) return { status: "missing", reason: early };
  const opened = await sealer()
    .then((opener) => wholeWebhook(opener, gate, condition, webhook))
    .catch(unopened);
  if ("unopened" in opened) return { status: "missing", reason: opened.unopened };
  const { rollout, round, artifact, version, environment } = run;
  const call = { gate: gate.name, condition: name, rollout, round, artifact, version, environment, evaluations };
  const answer = await askWebhook(opened, call, new Date(now()), signal);
  if (answer.status === "decided") {
    patience.answered(key);
    decisions.keep(key, answer.figure);
    return answer.figure;
  }
  patience.inVain(key, answer.reason);
  return { status: "missing", reason: answer.reason };
}

/** Nobody can be asked while the server has not the key. */
function unopened(error: unknown): { unopened: string } {
  if (error instanceof SluiceError) return { unopened: error.message };
  throw error;
}
