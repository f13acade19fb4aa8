import { createHash } from "node:crypto";
import type { Figure, GateWebhook } from "@sluice/core";
import { z } from "zod";
import type { StoredEvaluation } from "../evaluation/evaluation.store.ts";
import { boundedRequest } from "../metric/bounded.request.ts";

export interface GateCall {
  gate: string;
  /** Name of the condition. */
  condition: string;
  rollout: string | null;
  /** Grows when a person has the gates asked again. */
  round: number;
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
  const silent = (reason: string): WebhookAnswer => ({ status: "silent", reason: `the webhook at ${host} ${reason}` });
  const answer = await boundedRequest({
    url,
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/json",
      "webhook-id": idOf(call),
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
    },
    body: JSON.stringify(bodyOf(call)),
    timeoutSeconds,
    maxBytes: MAX_ANSWER,
    signal,
  });
  if ("silent" in answer) return silent(answer.silent);
  const { status, text } = answer;
  if (status < 200 || status >= 300) return silent(`answered ${status}, which is no decision`);
  return decisionOf(text, host, status, now) ?? silent(`answered ${status} without {"pass": true or false}`);
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

const bodyOf = ({ evaluations, round: _, ...call }: GateCall) => ({
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

/** The same for every repetition of one question, as hooks have it (`webhook-id` of Standard Webhooks); a new round asks anew. */
const idOf = ({ rollout, round, gate, condition, version }: GateCall): string =>
  `msg_${createHash("sha256")
    .update(JSON.stringify([rollout, round, gate, condition, version]))
    .digest("hex")
    .slice(0, 32)}`;
