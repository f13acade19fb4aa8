import { countIn, present } from "../app/search.ts";

export const SPANS = [7, 30, 90] as const;
export type Span = (typeof SPANS)[number];

export interface OverviewSearch {
  /** How many days are counted. */
  days?: Span;
}

export const overviewSearch = (raw: Record<string, unknown>): OverviewSearch => {
  const asked = countIn(raw.days);
  return present({ days: SPANS.find((days) => days === asked) });
};
