import { invalidField } from "../../errors.ts";

export type Arm = "stable" | "candidate";

/** One outcome: a request, an evaluation, or both. */
export interface StreamEvent {
  arm: Arm;
  /** Whether the request succeeded; null for an evaluation that was no request. */
  ok: boolean | null;
  /** How long the answer took; of failures it does not count, they are slower than everything. */
  latencyMs: number | null;
  /** Quality from 0 to 1, more is better. */
  score: number | null;
  /** The candidate's nominal share of the traffic at that time, in percent; null when it is not known. */
  weight: number | null;
  /** What routing depended on (region, endpoint …): arms are only compared within one. */
  stratum: string;
}

const FIELDS = ["arm", "ok", "latencyMs", "latency", "score", "weight", "stratum"];

const LONGEST_STRATUM = 255;

/**
 * An event as it comes from outside. Null is the same as absent (edge case 26). `latency` is another name of `latencyMs`.
 * Throws `invalid_argument` naming the field, what was found and what is allowed; numbers that are none never get further.
 */
export function parseStreamEvent(value: unknown): StreamEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidField("", value, `an object with ${FIELDS.join(", ")}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of fields.keys()) {
    if (!FIELDS.includes(name)) throw invalidField(name, fields.get(name), `one of the fields ${FIELDS.join(", ")}`);
  }
  const arm = fields.get("arm");
  if (arm !== "stable" && arm !== "candidate") throw invalidField("arm", arm, '"stable" or "candidate"');
  const score = numberOrNull(fields, "score", 0, 1);
  const ok = fields.get("ok") ?? null;
  if (typeof ok !== "boolean" && !(ok === null && score !== null))
    throw invalidField("ok", fields.get("ok"), "true or false; it may only be absent beside a score");
  const stratum = fields.get("stratum") ?? "";
  if (typeof stratum !== "string" || stratum.length > LONGEST_STRATUM)
    throw invalidField("stratum", stratum, `a text of at most ${LONGEST_STRATUM} characters`);
  return { arm, ok, latencyMs: latencyOf(fields), score, weight: numberOrNull(fields, "weight", 0, 100), stratum };
}

function latencyOf(fields: ReadonlyMap<string, unknown>): number | null {
  const [latencyMs, latency] = ["latencyMs", "latency"].map((name) => numberOrNull(fields, name, 0, Number.MAX_VALUE));
  if (latencyMs !== null && latency !== null) throw invalidField("latency", latency, "nothing beside latencyMs");
  return latencyMs ?? latency ?? null;
}

function numberOrNull(fields: ReadonlyMap<string, unknown>, name: string, low: number, high: number): number | null {
  const value = fields.get(name) ?? null;
  if (value === null) return null;
  if (typeof value === "number" && value >= low && value <= high) return value;
  const allowed = high === Number.MAX_VALUE ? `a number of at least ${low}` : `a number from ${low} to ${high}`;
  throw invalidField(name, value, allowed);
}
