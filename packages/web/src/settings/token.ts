import type { Token } from "@sluice/client";

export type TokenState = "in use" | "expired" | "revoked";

export const stateOf = ({ expiresAt, revokedAt }: Pick<Token, "expiresAt" | "revokedAt">, now: number): TokenState =>
  revokedAt !== null ? "revoked" : expiresAt !== null && Date.parse(expiresAt) <= now ? "expired" : "in use";

/** How long a new token counts, by days; null: until it is revoked. */
export const LIFETIMES: readonly { label: string; days: number | null }[] = [
  { label: "30 days", days: 30 },
  { label: "90 days", days: 90 },
  { label: "A year", days: 365 },
  { label: "One day", days: 1 },
  { label: "Until it is revoked", days: null },
];

const DAY_MS = 86_400_000;

export const expiryOf = (days: number | null, now: number): string | null =>
  days === null ? null : new Date(now + days * DAY_MS).toISOString();
