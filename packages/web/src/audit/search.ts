/** Which entries are shown; absent: all. */
export interface AuditSearch {
  actor?: string;
  action?: string;
  subject?: string;
  /** Days of the viewer's calendar, both of them shown: `2026-11-22`. */
  from?: string;
  to?: string;
}

export const AUDIT_FIELDS = ["actor", "action", "subject"] as const;

/** As much as the server takes of one. */
const LONGEST = 255;

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const words = AUDIT_FIELDS.map((field) => [field, textOf(search[field]).slice(0, LONGEST)] as const);
  const days = (["from", "to"] as const).map((field) => [field, dayOf(search[field])] as const);
  return Object.fromEntries([...words, ...days].filter(([, value]) => value !== ""));
}

/** What looks like a number in an address is read as one. */
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? `${value}`.trim() : "";

const dayOf = (value: unknown): string =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : "";

/** The moments that the days begin and end at, where the viewer is; a day that ends is the start of the next. */
export function timesOf({ from, to }: Pick<AuditSearch, "from" | "to">): { from?: string; to?: string } {
  return {
    ...(from !== undefined && { from: midnight(from, 0) }),
    ...(to !== undefined && { to: midnight(to, 1) }),
  };
}

function midnight(day: string, later: number): string {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
