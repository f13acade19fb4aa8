import { day as dayWords } from "../format/time.ts";
import { Hint } from "../ui/hint.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { OUTCOMES, summaryOf, totalOf } from "./measures.ts";
import type { Insights } from "./queries.ts";

/** Noon: a date alone would be midnight in UTC, and another day for half of the world. */
const wordsOf = (date: string): string => dayWords(`${date}T12:00:00`);

/** What ended, by day and outcome; the same as a table for those who want the numbers. */
export function Outcomes({ rollouts }: { rollouts: Insights["rollouts"] }) {
  const most = Math.max(1, ...rollouts.map(totalOf));
  const busy = rollouts.filter((one) => totalOf(one) > 0);
  return (
    <div className="space-y-3 p-4">
      <p>
        Ended: <strong>{summaryOf(rollouts)}</strong>
      </p>
      <div aria-hidden className="flex h-36 items-end gap-px border-b border-line">
        {rollouts.map((one) => (
          <Hint key={one.day} text={`${wordsOf(one.day)}: ${summaryOf([one])}`}>
            <div className="flex h-full min-w-0 flex-1 flex-col-reverse hover:bg-sunken">
              {OUTCOMES.map(({ outcome, ground }) => (
                <div
                  key={outcome}
                  className={`mx-auto w-full max-w-12 shrink-0 ${ground}`}
                  style={{ height: `${(100 * one[outcome]) / most}%` }}
                />
              ))}
            </div>
          </Hint>
        ))}
      </div>
      <div aria-hidden className="flex justify-between text-xs text-muted">
        <span>{wordsOf(rollouts[0]?.day ?? "")}</span>
        <span>today</span>
      </div>
      <ul aria-hidden className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        {OUTCOMES.map(({ outcome, label, ground }) => (
          <li key={outcome} className="flex items-center gap-1.5">
            <span className={`size-2.5 rounded-sm ${ground}`} />
            {label}
          </li>
        ))}
      </ul>
      <details>
        <summary className="cursor-pointer text-accent">The numbers</summary>
        {busy.length === 0 ? (
          <p className="pt-2 text-muted">Nothing ended in these days.</p>
        ) : (
          <Table label="Rollouts by day and outcome" head={["Day", ...OUTCOMES.map(({ label }) => label)]}>
            {busy.map((one) => (
              <tr key={one.day}>
                <Cell heading>{wordsOf(one.day)}</Cell>
                {OUTCOMES.map(({ outcome }) => (
                  <Cell key={outcome}>{one[outcome]}</Cell>
                ))}
              </tr>
            ))}
          </Table>
        )}
      </details>
    </div>
  );
}
