import { type GateSpec, invalidField, KNOWN_METRICS, metricUnit } from "@sluice/core";
import { findArtifact } from "../artifact/artifact.store.ts";
import { compileCel } from "../cel/cel.compile.ts";
import type { Db } from "../db/database.ts";
import { findEnvironment } from "../environment/environment.store.ts";
import { recordedMetrics } from "../evaluation/evaluation.store.ts";
import { compileGateCel, GATE_CEL, metricOf } from "./gate.cel.ts";

/**
 * Throws `invalid_argument` for a gate that could never be met as it is meant: of an artifact or environment that does not
 * exist, on a metric that nobody knows, with an expression that does not compile.
 */
export async function checkGate(db: Db, project: string, spec: GateSpec): Promise<void> {
  await checkTargets(db, project, spec);
  // Compiled before anything is looked up: what is wrong in itself is said first.
  const named = spec.conditions.flatMap((condition, at) => {
    if (condition.type !== "custom") return [condition.metric];
    if (condition.expression === undefined) return [];
    const { references } = compileCel(condition.expression, GATE_CEL, `conditions[${at}].expression`);
    return references.flatMap((reference) => metricOf(reference) ?? []);
  });
  const doubtful = [...new Set(named)].filter((metric) => metricUnit(metric) === null);
  const recorded = await recordedMetrics(db, project, doubtful);
  const isKnown = (metric: string): boolean => metricUnit(metric) !== null || recorded.has(metric);
  for (const [at, condition] of spec.conditions.entries()) {
    if (condition.type !== "custom") {
      if (!isKnown(condition.metric)) throw invalidField(`conditions[${at}].metric`, condition.metric, KNOWN_METRICS);
    } else if (condition.expression !== undefined) {
      compileGateCel(condition.expression, `conditions[${at}].expression`, isKnown, KNOWN_METRICS);
    }
  }
}

async function checkTargets(db: Db, project: string, { artifact, environment, kind }: GateSpec): Promise<void> {
  if (artifact !== null) {
    const found = await findArtifact(db, project, artifact);
    if (found === undefined) throw invalidField("artifact", artifact, `an artifact of project ${project}, or null`);
    if (kind !== null && kind !== found.kind) {
      throw invalidField("kind", kind, `null or ${found.kind}, as artifact ${artifact} is of that kind`);
    }
  }
  if (environment !== null && (await findEnvironment(db, project, environment)) === undefined) {
    throw invalidField("environment", environment, `an environment of project ${project}, or null`);
  }
}
