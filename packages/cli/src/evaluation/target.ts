import type { Answered } from "./request.ts";
import { CallError, post } from "./request.ts";

/** What a dataset's inputs are put to. */
export interface Target {
  /** Names it in the results file: other prompts or parameters are another target. */
  name: string;
  /** Throws `CallError`. */
  ask(input: unknown, signal: AbortSignal): Promise<TargetAnswer>;
}

export interface TargetAnswer {
  output: unknown;
  latencyMs: number;
  costUsd: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
}

export interface HttpTargetOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/**
 * A program that takes JSON by POST: an input that is an object is the body, anything else is sent as `{"input": …}`. Of a JSON
 * answer the member `output` is scored, or all of it when there is none; `costUsd`, `promptTokens` and `completionTokens` are
 * counted when they are there. Any other answer is scored as text.
 */
export function httpTarget({ url, headers, timeoutMs }: HttpTargetOptions): Target {
  return {
    name: url,
    async ask(input, signal) {
      const body = isObject(input) ? input : { input };
      const answered = await post({ url, headers, body, timeoutMs }, signal);
      const { latencyMs } = answered;
      if (!answered.json) {
        return { output: answered.text, latencyMs, costUsd: null, promptTokens: null, completionTokens: null };
      }
      const document = jsonOf(answered);
      return {
        output: isObject(document) && "output" in document ? document.output : document,
        latencyMs,
        costUsd: figureAt(document, "costUsd"),
        promptTokens: figureAt(document, "promptTokens"),
        completionTokens: figureAt(document, "completionTokens"),
      };
    },
  };
}

export function jsonOf({ text }: Answered): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError(`answered something that is not JSON: ${text.slice(0, 200)}`, { transient: false });
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A number of at least 0, or null. */
export function figureAt(document: unknown, name: string): number | null {
  const value = isObject(document) ? document[name] : undefined;
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}
