import type { Figure, Instant } from "@sluice/core";
import { type CelEvaluator, createCelEvaluator } from "../cel/cel.evaluator.ts";
import {
  createEvaluationSource,
  type EvaluationServiceConfig,
  type EvaluationSource,
} from "../evaluation/evaluation.source.ts";
import { type KeyConfig, type Sealer, sealerOf } from "../secret/seal.ts";
import { createDecisions, type Decisions } from "./decisions.ts";
import { createPatience, type Patience } from "./patience.ts";

/** What gates need besides the database. One for a server; `close` it after those who use it. */
export interface GateDeps {
  now: () => Instant;
  cel: CelEvaluator;
  /** Null when no external evaluation service is configured. */
  service: EvaluationSource | null;
  patience: Patience;
  decisions: Decisions<Extract<Figure, { status: "decided" }>>;
  /** Opens what is secret of webhooks. */
  sealer: () => Promise<Sealer>;
  close(): Promise<void>;
}

export function createGateDeps(config: {
  evaluationService: EvaluationServiceConfig | null;
  now: () => Instant;
  keys: KeyConfig;
}): GateDeps {
  const { evaluationService, now, keys } = config;
  const cel = createCelEvaluator();
  const service = evaluationService === null ? null : createEvaluationSource(evaluationService, now);
  return {
    now,
    cel,
    service,
    patience: createPatience(now),
    decisions: createDecisions(),
    sealer: () => sealerOf(keys),
    async close() {
      service?.close();
      await cel.close();
    },
  };
}
