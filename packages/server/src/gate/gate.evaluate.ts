import {
  type ArtifactKind,
  type Figure,
  type GateCondition,
  type GateResult,
  type Instant,
  judgeGate,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { newestEvaluations, type StoredEvaluation } from "../evaluation/evaluation.store.ts";
import { concurrently } from "./concurrently.ts";
import { datasetsOf } from "./gate.cel.ts";
import type { GateDeps } from "./gate.deps.ts";
import { expressionFigure, referencesOf } from "./gate.expression.ts";
import { evaluationFigure, testFigure } from "./gate.figures.ts";
import { applicableGates, type StoredGate } from "./gate.store.ts";
import { webhookFigure } from "./gate.webhook.figure.ts";
import { missingEvaluations } from "./missing-evaluations.ts";
import { type TestFigures, testedFigures } from "./tested.store.ts";

/** Of whom the gates ask, and for which rollout. */
export interface GateRun {
  project: string;
  artifact: string;
  kind: ArtifactKind;
  versionId: string;
  version: string;
  environment: string;
  /** Id of the rollout that waits at the gates. */
  rollout: string;
  /** When it began to wait: `waitSeconds` are counted from here. Pauses are the caller's to add. */
  startedAt: Instant;
  /**
   * Grows when a person has the gates asked again: what a webhook decided in an earlier round does not count any more.
   */
  round: number;
}

/** What is known about the version, once for all its gates. */
export interface Known {
  run: GateRun;
  subject: string;
  evaluations: readonly StoredEvaluation[];
  tests: readonly TestFigures[];
  /** What an external service that was asked for a dataset said instead of figures. */
  silences: ReadonlyMap<string, string>;
}

/** Conditions that are looked into at once, over all gates. */
const AT_ONCE = 8;

/**
 * Asks every gate of artifact and environment, by name. An empty list when there is none. Takes as long as the slowest
 * webhook; nothing that is asked can make it throw, only the database, a stop of the server and the signal.
 */
export async function evaluateGates(
  db: Kysely<Database>,
  run: GateRun,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<GateResult[]> {
  const gates = await applicableGates(db, run);
  if (gates.length === 0) return [];
  const known = await know(db, gates, run, deps, signal);
  const conditions = gates.flatMap((gate) => gate.spec.conditions.map((condition) => ({ gate, condition })));
  const figures = await concurrently(conditions, AT_ONCE, ({ gate, condition }) => {
    signal.throwIfAborted();
    return figureOf(db, gate, condition, known, deps, signal);
  });
  const times = { startedAt: run.startedAt, now: deps.now() };
  return gates.map((gate) => {
    const own = figures.splice(0, gate.spec.conditions.length);
    return judgeGate(gate, own, times);
  });
}

async function know(
  db: Kysely<Database>,
  gates: readonly StoredGate[],
  run: GateRun,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<Known> {
  const conditions = gates.flatMap(({ spec }) => spec.conditions);
  const datasets = [...new Set(conditions.flatMap(datasetsIn))];
  const silences = await missingEvaluations(db, run, datasets, deps, signal);
  const usesTests = conditions.some((condition) => condition.type === "latency" && condition.source === "tests");
  return {
    run,
    subject: `${run.artifact} ${run.version}`,
    evaluations: await newestEvaluations(db, run.versionId, datasets),
    tests: usesTests ? await testedFigures(db, run.versionId) : [],
    silences,
  };
}

function datasetsIn(condition: GateCondition): string[] {
  if (condition.type !== "custom") return condition.dataset === undefined ? [] : [condition.dataset];
  return condition.expression === undefined ? [] : datasetsOf(referencesOf(condition.expression));
}

async function figureOf(
  db: Db,
  gate: StoredGate,
  condition: GateCondition,
  known: Known,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<Figure> {
  if (condition.type === "latency" && condition.source === "tests") {
    return testFigure(condition, known.subject, known.tests);
  }
  if (condition.type !== "custom") {
    const silence = known.silences.get(condition.dataset ?? "") ?? null;
    return evaluationFigure(condition, known.subject, known.evaluations, silence);
  }
  if (condition.expression !== undefined) return expressionFigure(db, condition.expression, known, deps);
  if (condition.webhook !== undefined) return webhookFigure(gate, condition, condition.webhook, known, deps, signal);
  return { status: "broken", reason: "the condition has neither expression nor webhook", otherwise: "" };
}
