import { parseMonth } from "./calendar.ts";

export interface EnvironmentSearch {
  /** How its rules are being changed; absent: they are read. */
  edit?: "form" | "text";
  /** The month of the calendar, as `2026-11`; absent: this one. */
  month?: string;
}

export const environmentSearch = ({ edit, month }: Record<string, unknown>): EnvironmentSearch => ({
  ...((edit === "form" || edit === "text") && { edit }),
  ...(typeof month === "string" && parseMonth(month) !== null && { month }),
});
