import { Snowflake } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { longDay, minute, weekday } from "../format/time.ts";
import { useNow } from "../ui/use-now.ts";
import { type CalendarDay, dateAt, type Month, monthAt, movedBy, weeksOf } from "./calendar.ts";
import { type FreezeWindow, frozenOn, openSpans, type Span } from "./freeze.ts";

interface MonthGridProps {
  month: Month;
  zone: string;
  windows: readonly FreezeWindow[];
  onMonth: (month: Month) => void;
}

/** Six weeks, of which one day is chosen. Arrow keys go from day to day, and over the end of the month to the next. */
export function MonthGrid({ month: { year, month }, zone, windows, onMonth }: MonthGridProps) {
  const grid = useRef<HTMLTableElement>(null);
  const today = dateAt(useNow(), zone);
  const [chosen, choose] = useState(today);
  const isFollowed = useRef(false);
  const weeks = useMemo(() => weeksOf({ year, month }, zone), [year, month, zone]);
  const days = weeks.flat();
  const spans = useMemo(() => {
    const all = { from: weeks[0]?.[0]?.from ?? 0, to: weeks.at(-1)?.at(-1)?.to ?? 0 };
    return windows.flatMap((window) => openSpans(window, all) ?? []);
  }, [weeks, windows]);
  const first = days.find(({ inMonth }) => inMonth);
  const current = days.find(({ date, inMonth }) => date === chosen && inMonth) ?? first;

  // The chosen day is another element after the month has changed: the keyboard stays on it.
  useEffect(() => {
    // Until the month is there that it is in, another one stands for it.
    if (!isFollowed.current || current?.date !== chosen) return;
    isFollowed.current = false;
    grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [current?.date, chosen]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = current === undefined ? null : movedBy(current.date, event.key);
    if (next === null) return;
    event.preventDefault();
    isFollowed.current = true;
    choose(next);
    const noon = Date.parse(`${next}T12:00:00Z`);
    const to = monthAt(noon, "UTC");
    if (to.year !== year || to.month !== month) onMonth(to);
  };

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid of days, as the ARIA practices have it */}
      <table ref={grid} role="grid" aria-label="Days" className="w-full table-fixed" onKeyDown={onKeyDown}>
        <thead>
          <tr>
            {weeks[0]?.map(({ date, from }) => (
              <th key={date} scope="col" className="py-1 text-xs font-normal text-muted">
                {weekday(from)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]?.date}>
              {week.map((day) => (
                <Day
                  key={day.date}
                  day={day}
                  spans={spans}
                  isToday={day.date === today}
                  isChosen={day.date === current?.date}
                  onChoose={() => {
                    choose(day.date);
                    if (!day.inMonth) onMonth(monthAt(day.from, zone));
                  }}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="min-h-9 border-t border-line px-4 py-2">{current !== undefined && wordsOf(current, spans)}</p>
    </>
  );
}

interface DayProps {
  day: CalendarDay;
  spans: readonly Span[];
  isToday: boolean;
  isChosen: boolean;
  onChoose: () => void;
}

function Day({ day, spans, isToday, isChosen, onChoose }: DayProps) {
  const { parts } = frozenOn(day, spans);
  const length = day.to - day.from;
  return (
    <td className="border-t border-line p-0">
      <button
        type="button"
        tabIndex={isChosen ? 0 : -1}
        aria-current={isToday ? "date" : undefined}
        aria-label={wordsOf(day, spans)}
        onClick={onChoose}
        className={`relative flex h-11 w-full items-start justify-between px-1.5 py-1 text-xs -outline-offset-2 hover:bg-sunken ${isChosen ? "bg-sunken font-semibold" : ""} ${day.inMonth ? "" : "text-muted"}`}
      >
        <span className={isToday ? "rounded bg-accent px-1 text-accent-text" : ""}>{day.day}</span>
        {parts.length > 0 && <Snowflake aria-hidden className="size-3.5 text-warn" />}
        {parts.map(({ from, to }) => (
          <span
            key={from}
            aria-hidden
            className="absolute bottom-1 h-1.5 bg-warn"
            style={{ left: `${(100 * (from - day.from)) / length}%`, width: `${(100 * (to - from)) / length}%` }}
          />
        ))}
      </button>
    </td>
  );
}

function wordsOf(day: CalendarDay, spans: readonly Span[]): string {
  const { parts, whole } = frozenOn(day, spans);
  const name = longDay(day.from);
  if (parts.length === 0) return `${name}: rollouts may begin`;
  if (whole) return `${name}: frozen all day`;
  const times = parts.map(({ from, to }) => `${minute(from)} to ${to === day.to ? "midnight" : minute(to)}`);
  return `${name}: frozen ${times.join(", and ")}`;
}
