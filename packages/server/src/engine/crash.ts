/**
 * Places in the engine at which a test may kill the process, named after what has just been done.
 * Being killed at any of them must lose nothing and repeat nothing that matters (ARCHITECTURE §2).
 */
export const CRASH_POINTS = [
  "after-load",
  "after-observe",
  "before-persist",
  "inside-persist",
  "after-persist",
  "between-effects",
  "after-apply",
  "after-gateway-publish",
  "before-hook",
  "after-hook",
  "before-activity",
  "after-activity",
  "during-rollback",
  "before-completion",
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Called at every crash point; outside tests it does nothing. */
export type Crash = (point: CrashPoint) => void;

export const neverCrash: Crash = () => undefined;

/**
 * A `Crash` that calls `die` at the point that `plan` names: `after-persist`, or `after-persist:3` for the third time.
 * Throws on a plan that names no crash point.
 */
export function crashAt(plan: string | null, die: (point: CrashPoint) => void = killSelf): Crash {
  if (plan === null) return neverCrash;
  const [name, count = "1"] = plan.split(":");
  const target = CRASH_POINTS.find((point) => point === name);
  let left = Number(count);
  if (target === undefined || !Number.isInteger(left) || left < 1) {
    throw new Error(`${plan} names no crash point; known: ${CRASH_POINTS.join(", ")}, each with an optional :count`);
  }
  return (point) => {
    if (point !== target) return;
    left -= 1;
    if (left === 0) die(point);
  };
}

/** As `kill -9` from outside: no handler runs, nothing is flushed. */
function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}
