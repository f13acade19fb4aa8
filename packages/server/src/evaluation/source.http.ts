import { boundedRequest } from "../metric/bounded.request.ts";
import type { EvaluationClient, EvaluationServiceConfig, RawAnswer } from "./evaluation.source.ts";

/** Bytes of an answer that are read at all. */
const MAX_ANSWER = 1_048_576;

/** Fields of an answer that count; a service may say more. */
const FIELDS = ["metrics", "sampleCount", "startedAt", "finishedAt", "details"] as const;

/**
 * `GET <address>?project=&artifact=&version=&dataset=`: 200 with `{metrics, sampleCount, startedAt?, finishedAt?, details?}`,
 * or 404 while there are no figures.
 */
export function createHttpClient({ address, token, timeoutMs }: EvaluationServiceConfig): EvaluationClient {
  return {
    async ask(question, signal) {
      const url = new URL(address);
      for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
      const answer = await boundedRequest({
        url: url.href,
        headers: { accept: "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
        timeoutSeconds: timeoutMs / 1_000,
        maxBytes: MAX_ANSWER,
        signal,
      });
      if ("silent" in answer) return silent(answer.silent);
      if (answer.status === 404) return { status: "none" };
      return answer.status === 200 ? fieldsOf(answer.text) : silent(`answered ${answer.status}`);
    },
    close: () => undefined,
  };
}

const silent = (what: string): RawAnswer => ({ status: "silent", reason: `the evaluation service ${what}` });

function fieldsOf(text: string): RawAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return silent("answered something that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return silent("answered no JSON object");
  const given = value;
  const fields = FIELDS.flatMap((name) => {
    const field: unknown = Reflect.get(given, name);
    return field === undefined || field === null ? [] : [[name, field]];
  });
  return { status: "found", fields: Object.fromEntries(fields) };
}
