import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { evalService, type GetEvaluationResponse } from "./eval.proto.ts";
import type { EvaluationClient, EvaluationQuestion, EvaluationServiceConfig, RawAnswer } from "./evaluation.source.ts";

/** Bytes of an answer that are read at all. */
const MAX_ANSWER = 1_048_576;

/** Asks `sluice.eval.v1.EvalService` (proto/eval.v1.proto); `grpcs:` means TLS with the machine's certificate authorities. */
export function createGrpcClient({ address, token, timeoutMs }: EvaluationServiceConfig): EvaluationClient {
  const { protocol, host } = new URL(address);
  const channel = protocol === "grpcs:" ? credentials.createSsl() : credentials.createInsecure();
  const client = new Client(host, channel, { "grpc.max_receive_message_length": MAX_ANSWER });
  const { path, requestSerialize, responseDeserialize } = evalService().GetEvaluation;
  const metadata = new Metadata();
  if (token !== null) metadata.set("authorization", `Bearer ${token}`);

  const call = (question: EvaluationQuestion, signal: AbortSignal) =>
    new Promise<GetEvaluationResponse>((resolve, reject) => {
      const running = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        question,
        metadata,
        { deadline: new Date(Date.now() + timeoutMs) },
        (error, answer) => {
          signal.removeEventListener("abort", cancel);
          if (error !== null || answer === undefined) reject(error ?? new Error("an empty answer"));
          else resolve(answer);
        },
      );
      const cancel = () => running.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });

  return {
    async ask(question, signal) {
      signal.throwIfAborted();
      try {
        return { status: "found", fields: fieldsOf(await call(question, signal)) };
      } catch (error) {
        signal.throwIfAborted();
        return refusal(error, timeoutMs);
      }
    },
    close: () => client.close(),
  };
}

function refusal(error: unknown, timeoutMs: number): RawAnswer {
  const code = isServiceError(error) ? error.code : status.UNKNOWN;
  if (code === status.NOT_FOUND) return { status: "none" };
  const what =
    code === status.DEADLINE_EXCEEDED
      ? `gave no answer within ${timeoutMs / 1_000} s`
      : `answered ${status[code] ?? code}`;
  return { status: "silent", reason: `the evaluation service ${what}` };
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && "code" in error && typeof error.code === "number";

function fieldsOf({ metrics, sampleCount, startedAt, finishedAt }: GetEvaluationResponse): object {
  return {
    metrics,
    sampleCount: Number(sampleCount),
    ...(startedAt !== null && { startedAt: timeOf(startedAt) }),
    ...(finishedAt !== null && { finishedAt: timeOf(finishedAt) }),
  };
}

/** RFC 3339; as it came where it is no moment that a Date can hold, to be refused with the others. */
function timeOf({ seconds, nanos }: { seconds: string; nanos: number }): string {
  const date = new Date(Number(seconds) * 1_000 + nanos / 1_000_000);
  return Number.isNaN(date.getTime()) ? `${seconds}.${nanos}` : date.toISOString();
}
