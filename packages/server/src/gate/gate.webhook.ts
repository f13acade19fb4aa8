import { createHash } from "node:crypto";
import type { Figure, GateWebhook } from "@sluice/core";
import { Agent, request } from "undici";
import { z } from "zod";
import type { StoredEvaluation } from "../evaluation/evaluation.store.ts";

export interface GateCall {
  gate: string;
  /** Name of the condition. */
  condition: string;
  rollout: string | null;
  artifact: string;
  version: string;
  environment: string;
  evaluations: readonly StoredEvaluation[];
}

/** Bytes of an answer that are read at all, and characters of it that are shown. */
const MAX_ANSWER = 65_536;
const SHOWN = 200;

const answerSchema = z.object({
  pass: z.boolean(),
  reason: z.string().default(""),
  value: z.union([z.number(), z.string(), z.boolean(), z.null()]).optional(),
});

export type WebhookAnswer =
  | { status: "decided"; figure: Extract<Figure, { status: "decided" }> }
  /** Nobody decided; it will be asked again. In half a sentence. */
  | { status: "silent"; reason: string };

/**
 * Asks an address for its decision. Only a 2xx answer with `pass` decides; everything else, too long an answer and none in
 * time included, is silence. Never throws, except when the signal aborts.
 */
export async function askWebhook(
  webhook: GateWebhook,
  call: GateCall,
  now: Date,
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  const { url, headers, timeoutSeconds } = webhook;
  const { host } = new URL(url);
  const timeout = AbortSignal.timeout(timeoutSeconds * 1_000);
  const agent = new Agent({ maxResponseSize: MAX_ANSWER, connect: { timeout: timeoutSeconds * 1_000 } });
  const silent = (reason: string): WebhookAnswer => ({ status: "silent", reason: `the webhook at ${host} ${reason}` });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        "webhook-id": idOf(call),
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      },
      body: JSON.stringify(bodyOf(call)),
      signal: AbortSignal.any([timeout, signal]),
    });
    const text = await body.text();
    if (statusCode < 200 || statusCode >= 300) return silent(`answered ${statusCode}, which is no decision`);
    return decisionOf(text, host, statusCode, now) ?? silent(`answered ${statusCode} without {"pass": true or false}`);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return silent(`gave no answer within ${timeoutSeconds} s`);
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return silent(`answered more than ${MAX_ANSWER} bytes`);
    return silent(`cannot be reached (${code || (error instanceof Error ? error.message : String(error))})`);
  } finally {
    await agent.destroy();
  }
}

function decisionOf(text: string, host: string, statusCode: number, now: Date): WebhookAnswer | null {
  const parsed = answerSchema.safeParse(jsonOf(text));
  if (!parsed.success) return null;
  const { pass, reason, value } = parsed.data;
  const why = reason === "" ? "without a reason" : `because ${cut(reason)}`;
  return {
    status: "decided",
    figure: {
      status: "decided",
      pass,
      observed: typeof value === "string" ? cut(value) : (value ?? pass),
      evidence: `answered ${statusCode} at ${now.toISOString()}: ${cut(text)}`,
      reason: `the webhook at ${host} answered ${pass ? "pass" : "fail"} ${why}`,
      otherwise: `the opposite answer would have ${pass ? "failed" : "passed"}`,
    },
  };
}

/** On one line, storable, and short. */
const cut = (text: string): string => {
  const line = text.replaceAll(/[\s\0]+/g, " ").trim();
  return (line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line).toWellFormed();
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bodyOf = ({ evaluations, ...call }: GateCall) => ({
  ...call,
  evaluations: evaluations.map(({ id, dataset, metrics, sampleCount, source, finishedAt }) => ({
    id,
    dataset,
    metrics,
    sampleCount,
    source,
    finishedAt: finishedAt.toISOString(),
  })),
});

/** The same for every repetition of one question, as hooks have it (`webhook-id` of Standard Webhooks). */
const idOf = ({ rollout, gate, condition, version }: GateCall): string =>
  `msg_${createHash("sha256")
    .update(JSON.stringify([rollout, gate, condition, version]))
    .digest("hex")
    .slice(0, 32)}`;
