import type { Instant } from "../time.ts";

export const DELIVERY_STATUSES = ["pending", "delivered", "dead", "held_back"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One message to one receiver, as far as sending it goes. */
export interface Delivery {
  status: DeliveryStatus;
  /** Since it was last put on its way. */
  attempts: number;
  /** Not before this. */
  dueAt: Instant;
}

/** What an attempt came to. */
export type Outcome =
  | { type: "accepted"; reason: string }
  /** The same message would be refused again. */
  | { type: "refused"; reason: string }
  /** The receiver wants nothing more at all. */
  | { type: "gone"; reason: string }
  /** It may work later; `retryAfterMs` is what the receiver asked for. */
  | { type: "failed"; reason: string; retryAfterMs?: number | undefined };

/** Seconds after each failed attempt before the next; after the last of them there is none. Some eight hours altogether. */
export const RETRY_SECONDS: readonly number[] = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400];

/** A receiver that asks for more patience than this is asked again after this. */
export const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Answers of HTTP receivers that are neither 2xx nor among these are final: the same message would be answered the same. */
const MAY_WORK_LATER: ReadonlySet<number> = new Set([408, 421, 423, 425, 429]);

/** Where a message stands after an attempt. Throws for one that was not on its way. */
export function afterAttempt(
  delivery: Delivery,
  outcome: Outcome,
  now: Instant,
  retrySeconds: readonly number[] = RETRY_SECONDS,
): Delivery {
  if (delivery.status !== "pending") throw new Error(`a delivery that is ${delivery.status} is not attempted`);
  const attempts = delivery.attempts + 1;
  if (outcome.type === "accepted") return { status: "delivered", attempts, dueAt: now };
  const delay = retrySeconds[attempts - 1];
  if (outcome.type !== "failed" || delay === undefined) return { status: "dead", attempts, dueAt: now };
  const asked = Math.min(outcome.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return { status: "pending", attempts, dueAt: now + Math.max(delay * 1_000, asked) };
}

/** What an HTTP answer means. `retryAfter` is the header; `said` the beginning of the answer's body. */
export function httpOutcome(status: number, retryAfter: string | null, said: string, now: Instant): Outcome {
  const reason = said === "" ? `answered ${status}` : `answered ${status}: ${said}`;
  if (status >= 200 && status < 300) return { type: "accepted", reason: `answered ${status}` };
  if (status >= 300 && status < 400) return { type: "refused", reason: `${reason}; redirections are not followed` };
  if (status === 410) return { type: "gone", reason };
  if (status >= 500 || MAY_WORK_LATER.has(status)) {
    return { type: "failed", reason, retryAfterMs: retryAfter === null ? undefined : retryAfterMs(retryAfter, now) };
  }
  return { type: "refused", reason };
}

/** What an SMTP reply means: 4xx may work later, 5xx will not. Null: there was none. */
export function smtpOutcome(code: number | null, reason: string): Outcome {
  return code !== null && code >= 500 && code < 600 ? { type: "refused", reason } : { type: "failed", reason };
}

/** Milliseconds that `Retry-After` asks for, in seconds or as a date; undefined for what is neither. */
function retryAfterMs(header: string, now: Instant): number | undefined {
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
