import type { Condition } from "@sluice/runtimes/kubernetes";

export type Verdict = Required<Pick<Condition, "status" | "reason" | "message">>;

interface At {
  generation: number;
  /** RFC 3339. */
  now: string;
}

/** The conditions of a status: each changes its time only when it turns; the others stay as they are. */
export function mendedConditions(
  before: readonly Condition[],
  verdicts: Readonly<Record<string, Verdict>>,
  { generation, now }: At,
): Condition[] {
  const told = Object.entries(verdicts).map(([type, { status, reason, message }]) => {
    const known = before.find((condition) => condition.type === type);
    const since = known?.status === status ? (known.lastTransitionTime ?? now) : now;
    return { type, status, reason, message, observedGeneration: generation, lastTransitionTime: since };
  });
  return [...before.filter(({ type }) => !Object.hasOwn(verdicts, type)), ...told];
}

export const isTrue = (conditions: readonly { type: string; status: string }[], wanted: string): boolean =>
  conditions.some(({ type, status }) => type === wanted && status === "True");

export const isReady = (conditions: readonly { type: string; status: string }[]): boolean =>
  isTrue(conditions, "Ready");

/**
 * How any object is, as `kubectl wait`, Flux and Argo CD read it without knowing its kind: `Reconciling` while it is on its way,
 * `Stalled` when it does not get there by itself. `stalled` says why; null: it is not.
 */
export function healthOf(ready: Verdict, stalled: Pick<Verdict, "reason" | "message"> | null): Record<string, Verdict> {
  const { status, reason, message } = ready;
  if (stalled !== null)
    return {
      Reconciling: { status: "False", reason: stalled.reason, message: "" },
      Stalled: { status: "True", reason: stalled.reason, message: stalled.message },
    };
  return {
    Reconciling: status === "True" ? { status: "False", reason, message: "" } : { status: "True", reason, message },
    Stalled: { status: "False", reason: "AsExpected", message: "" },
  };
}
