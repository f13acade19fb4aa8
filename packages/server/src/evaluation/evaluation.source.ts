import { describe, type EvaluationInput, evaluationInputSchema, type Instant, violationsOf } from "@sluice/core";
import { unstorableIn } from "../http/storable.ts";
import { createGrpcClient } from "./source.grpc.ts";
import { createHttpClient } from "./source.http.ts";

/** Where an external evaluation service listens, from the server's configuration. */
export interface EvaluationServiceConfig {
  /** `http(s)://…` or `grpc(s)://host:port`. */
  address: string;
  token: string | null;
  timeoutMs: number;
}

export interface EvaluationQuestion {
  project: string;
  artifact: string;
  version: string;
  dataset: string;
}

/** What a transport brought: the fields of an evaluation as they came, not yet checked. */
export type RawAnswer = { status: "found"; fields: object } | { status: "none" } | { status: "silent"; reason: string };

/** Asks over one transport. Never throws, except when the signal aborts. */
export interface EvaluationClient {
  ask(question: EvaluationQuestion, signal: AbortSignal): Promise<RawAnswer>;
  close(): void;
}

export type EvaluationAnswer =
  | { status: "found"; input: EvaluationInput }
  /** The service answered, and has no figures. */
  | { status: "none" }
  /** Nobody answered, or not what can be recorded. In half a sentence. */
  | { status: "silent"; reason: string };

export interface EvaluationSource {
  /** Asks the service for the figures of a version on a dataset. Never throws, except when the signal aborts. */
  ask(question: EvaluationQuestion, signal: AbortSignal): Promise<EvaluationAnswer>;
  close(): void;
}

/** Under which `source` its answers are recorded. */
export const SERVICE_SOURCE = "service";

export function createEvaluationSource(config: EvaluationServiceConfig, now: () => Instant): EvaluationSource {
  const client = /^grpcs?:/.test(config.address) ? createGrpcClient(config) : createHttpClient(config);
  return {
    async ask(question, signal) {
      const answer = await client.ask(question, signal);
      return answer.status === "found" ? checked(answer.fields, question, now()) : answer;
    },
    close: client.close,
  };
}

/** Figures from outside are held to what the API holds everybody to. */
function checked(fields: object, { artifact, version, dataset }: EvaluationQuestion, now: Instant): EvaluationAnswer {
  const value = { ...fields, artifact, version, dataset, source: SERVICE_SOURCE };
  const refused = (field: string, found: unknown, allowed: string): EvaluationAnswer => ({
    status: "silent",
    reason: `the evaluation service answered what cannot be recorded: ${field} is ${describe(found)}; allowed: ${allowed}`,
  });
  const unstorable = unstorableIn(value);
  if (unstorable !== null) return refused(unstorable.field, unstorable.found, unstorable.allowed);
  const parsed = evaluationInputSchema.safeParse(value);
  if (!parsed.success) {
    const [first] = violationsOf(parsed.error.issues, value);
    return refused(first?.field || "the answer", first?.found, first?.allowed ?? "an evaluation");
  }
  const { finishedAt } = parsed.data;
  // A clock that is ahead would make these figures count until then.
  const late = finishedAt !== undefined && Date.parse(finishedAt) > now;
  return { status: "found", input: late ? { ...parsed.data, finishedAt: new Date(now).toISOString() } : parsed.data };
}
