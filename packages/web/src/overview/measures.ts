import { figure, milliseconds, NONE, share } from "../format/number.ts";
import { span } from "../format/time.ts";
import type { Insights } from "./queries.ts";

export interface Measure {
  name: string;
  value: string;
  /** What the value is made of. */
  of: string;
  definition: string;
}

/** DORA's four measures, in the words of the page. */
export function measuresOf({
  deploymentFrequency,
  leadTime,
  changeFailureRate,
  timeToRestore,
  days,
}: Insights): Measure[] {
  const { perDay, completed } = deploymentFrequency;
  const { rate, failures, changes } = changeFailureRate;
  return [
    {
      name: "Deployment frequency",
      value: frequency(perDay),
      of: perDay === null ? "no environment is of tier production" : `${amount(completed, "rollout")} in ${days} days`,
      definition: deploymentFrequency.definition,
    },
    {
      name: "Lead time",
      value: seconds(leadTime.medianSeconds),
      of:
        leadTime.versions === 0 ? "no version reached production" : `median of ${amount(leadTime.versions, "version")}`,
      definition: leadTime.definition,
    },
    {
      name: "Change failure rate",
      value: share(rate),
      of: changes === 0 ? "no change reached callers" : `${failures} of ${amount(changes, "change")}`,
      definition: changeFailureRate.definition,
    },
    {
      name: "Time to restore",
      value: seconds(timeToRestore.medianSeconds),
      of:
        timeToRestore.restored === 0
          ? "nothing had to be restored"
          : `median of ${amount(timeToRestore.restored, "failure")}`,
      definition: timeToRestore.definition,
    },
  ];
}

const amount = (count: number, of: string): string => `${count} ${of}${count === 1 ? "" : "s"}`;
const seconds = (value: number | null): string =>
  value === null || value < 1 ? milliseconds(value === null ? null : value * 1_000) : span(value * 1_000);

/** In the largest unit in which it is at least one. */
export function frequency(perDay: number | null): string {
  if (perDay === null) return NONE;
  if (perDay === 0) return "none";
  if (perDay >= 1) return `${figure(perDay)} a day`;
  return perDay * 7 >= 1 ? `${figure(perDay * 7)} a week` : `${figure(perDay * 30)} a month`;
}

type DayCount = Insights["rollouts"][number];
export type Outcome = Exclude<keyof DayCount, "day">;

/** In the order in which they are piled up. */
export const OUTCOMES: readonly { outcome: Outcome; label: string; ground: string }[] = [
  { outcome: "completed", label: "completed", ground: "bg-good" },
  { outcome: "rolledBack", label: "rolled back", ground: "bg-bad" },
  { outcome: "failed", label: "failed", ground: "bg-warn" },
  { outcome: "cancelled", label: "cancelled", ground: "bg-edge" },
  { outcome: "superseded", label: "superseded", ground: "bg-line" },
];

export const totalOf = (day: DayCount): number => OUTCOMES.reduce((sum, { outcome }) => sum + day[outcome], 0);

/** `3 completed, 1 rolled back`; `nothing` for none at all. */
export function summaryOf(days: readonly DayCount[]): string {
  const counts = OUTCOMES.map(({ outcome, label }) => ({
    label,
    count: days.reduce((sum, day) => sum + day[outcome], 0),
  })).filter(({ count }) => count > 0);
  return counts.length === 0 ? "nothing" : counts.map(({ count, label }) => `${count} ${label}`).join(", ");
}
