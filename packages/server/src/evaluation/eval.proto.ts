import { fileURLToPath } from "node:url";
import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { EvaluationQuestion } from "./evaluation.source.ts";

const PROTO = fileURLToPath(new URL("../../../../proto/eval.v1.proto", import.meta.url));

interface Timestamp {
  /** A decimal number as text: it does not fit into every double. */
  seconds: string;
  nanos: number;
}

/** `GetEvaluationResponse` of proto/eval.v1.proto. */
export interface GetEvaluationResponse {
  metrics: Record<string, number>;
  sampleCount: string;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
}

export type GetEvaluation = MethodDefinition<EvaluationQuestion, GetEvaluationResponse>;

/** `sluice.eval.v1.EvalService`, read from its proto file: for clients, and for servers in tests. */
export function evalService(): { GetEvaluation: GetEvaluation } {
  const loaded = loadSync(PROTO, { longs: String, defaults: true });
  const service = loaded["sluice.eval.v1.EvalService"];
  if (service === undefined || "format" in service || service.GetEvaluation === undefined) {
    throw new Error(`${PROTO} does not declare sluice.eval.v1.EvalService.GetEvaluation`);
  }
  return { GetEvaluation: service.GetEvaluation as GetEvaluation };
}
