import { createHash } from "node:crypto";
import { Agent, errors, request } from "undici";

export interface HookCall {
  rollout: string;
  deployment: string;
  step: number;
  /** Percent of traffic on the candidate at the moment of the call. */
  weight: number;
  url: string;
  timeoutSeconds: number;
}

export interface HookResult {
  status: "succeeded" | "failed";
  message: string;
}

/** Bytes of an answer that are read at all, and characters of it that are shown. */
const MAX_ANSWER = 65_536;
const SHOWN = 200;

/**
 * The same for every repetition of one step's call, so that a receiver can tell a repetition from a second call
 * (`webhook-id` of Standard Webhooks).
 */
export const webhookId = (rollout: string, step: number): string =>
  `msg_${createHash("sha256").update(`${rollout}/${step}`).digest("hex").slice(0, 32)}`;

/** Posts one hook and reads its answer; 2xx is success. Never throws: a hook that cannot be reached has failed. */
export async function callHook(call: HookCall, now: Date, signal?: AbortSignal): Promise<HookResult> {
  const { url, timeoutSeconds, ...body } = call;
  const timeout = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1_000));
  const agent = new Agent({ maxResponseSize: MAX_ANSWER });
  try {
    const { statusCode, body: answer } = await request(url, {
      dispatcher: agent,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": webhookId(call.rollout, call.step),
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      },
      body: JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    const text = (await answer.text()).slice(0, SHOWN);
    const ok = statusCode >= 200 && statusCode < 300;
    return { status: ok ? "succeeded" : "failed", message: `answered ${statusCode}${text === "" ? "" : `: ${text}`}` };
  } catch (error) {
    const why = timeout.aborted ? `no answer within ${timeoutSeconds} s` : whyBroken(error);
    return { status: "failed", message: `the call failed: ${why}` };
  } finally {
    await agent.destroy();
  }
}

function whyBroken(error: unknown): string {
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return `the answer was longer than the ${MAX_ANSWER} bytes that are read, so the connection was closed; a shorter answer would count`;
  }
  return error instanceof Error ? error.message : String(error);
}
