import type { Answer } from "@sluice/client";
import { duration, percent } from "../output/quantity.ts";
import { renderFields, renderTable } from "../output/table.ts";

export type Insights = Answer<"getInsights", 200>;

/** The four measures, each with how many it is made of; then the days on which something ended. */
export function renderInsights(insights: Insights): string {
  const { deploymentFrequency, leadTime, changeFailureRate, timeToRestore, rollouts, days, complete } = insights;
  const { perDay, completed } = deploymentFrequency;
  const { rate, failures, changes } = changeFailureRate;
  const measures = renderFields({
    "deployment frequency":
      perDay === null ? "no environment is production" : `${each(perDay)} (${completed} in ${days} days)`,
    "lead time": median(leadTime.medianSeconds, leadTime.versions, "versions"),
    "change failure rate": rate === null ? "–" : `${percent(rate * 100)} (${failures} of ${changes})`,
    "time to restore": median(timeToRestore.medianSeconds, timeToRestore.restored, "failures"),
  });
  const busy = rollouts.filter(({ day: _, ...counts }) => Object.values(counts).some((count) => count > 0));
  const table = renderTable(busy, [
    { title: "day", value: ({ day }) => day },
    { title: "completed", value: ({ completed }) => completed },
    { title: "rolled back", value: ({ rolledBack }) => rolledBack },
    { title: "failed", value: ({ failed }) => failed },
    { title: "cancelled", value: ({ cancelled }) => cancelled },
    { title: "superseded", value: ({ superseded }) => superseded },
  ]);
  return [measures, table, ...(complete ? [] : ["Only the newest rollouts are counted: there were more."])].join(
    "\n\n",
  );
}

const each = (perDay: number): string => `${Number(perDay.toPrecision(2))} a day`;

const median = (seconds: number | null, count: number, of: string): string =>
  seconds === null ? "–" : `${duration(seconds * 1_000)} (median of ${count} ${of})`;
