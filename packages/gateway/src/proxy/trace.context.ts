import { randomFillSync } from "node:crypto";

const POOL = Buffer.alloc(24 * 256);
let used = POOL.length;

/** A new, sampled `traceparent` (W3C Trace Context, version 00): random trace and parent ids, neither all zero. */
export function newTraceparent(): string {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  // The specification forbids ids of zeros only; a set bit in each rules them out.
  POOL[used] = (POOL[used] ?? 0) | 1;
  POOL[used + 16] = (POOL[used + 16] ?? 0) | 1;
  const hex = POOL.toString("hex", used, used + 24);
  used += 24;
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}

/** Whether a caller's `traceparent` may be passed on: any other is replaced, as the specification asks. */
export const isTraceparent = (value: string): boolean =>
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/.test(value);
