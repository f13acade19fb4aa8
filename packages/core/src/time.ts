/**
 * A moment, as whole milliseconds since the Unix epoch. Core never reads a clock: every function that needs
 * the time takes an `Instant`, so that tests and replays decide what "now" is.
 */
export type Instant = number;

export const seconds = (count: number): number => count * 1_000;

/** RFC 3339 in UTC, the form of every time on the wire. */
export const toIso = (instant: Instant): string => new Date(instant).toISOString();
