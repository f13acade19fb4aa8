import { Agent, request } from "undici";
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
  const agent = new Agent({ maxResponseSize: MAX_ANSWER, connect: { timeout: timeoutMs } });
  return {
    async ask(question, signal) {
      const url = new URL(address);
      for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const { statusCode, body } = await request(url, {
          dispatcher: agent,
          headers: { accept: "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
          signal: AbortSignal.any([timeout, signal]),
        });
        const text = await body.text();
        if (statusCode === 404) return { status: "none" };
        if (statusCode !== 200) return silent(`answered ${statusCode}`);
        return fieldsOf(text);
      } catch (error) {
        signal.throwIfAborted();
        if (timeout.aborted) return silent(`gave no answer within ${timeoutMs} ms`);
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return silent(`answered more than ${MAX_ANSWER} bytes`);
        return silent(`cannot be reached (${code || (error instanceof Error ? error.message : String(error))})`);
      }
    },
    close: () => void agent.destroy(),
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
