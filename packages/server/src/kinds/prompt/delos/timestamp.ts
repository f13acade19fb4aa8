import type { Instant } from "@sluice/core";

/** `google.protobuf.Timestamp`; nothing stays nothing. */
export function timestamp(at: Instant | Date | null): { seconds: number; nanos: number } | null {
  if (at === null) return null;
  const milliseconds = typeof at === "number" ? Math.round(at) : at.getTime();
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds, nanos: (milliseconds - seconds * 1_000) * 1_000_000 };
}
