import { getRouteApi } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo } from "react";
import { moment, month as monthName, span, viewersZone } from "../format/time.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Hint } from "../ui/hint.tsx";
import { useNow } from "../ui/use-now.ts";
import { addMonths, type Month, monthAt, nameOfMonth, parseMonth } from "./calendar.ts";
import { type FreezeWindow, nextSpan } from "./freeze.ts";
import { MonthGrid } from "./month-grid.tsx";

const route = getRouteApi("/environments/$name");

/** When no rollout begins, on a calendar of the viewer's zone. */
export function Freezes({ windows }: { windows: readonly FreezeWindow[] }) {
  const zone = viewersZone();
  const { month: asked } = route.useSearch();
  const navigate = route.useNavigate();
  const today = useNow();
  const month = parseMonth(asked ?? "") ?? monthAt(today, zone);
  const show = (next: Month): void =>
    void navigate({ search: (before) => ({ ...before, month: nameOfMonth(next) }), replace: true, resetScroll: false });
  return (
    <Card
      title="Freeze windows"
      aside={
        <div className="flex items-center gap-1">
          <Turn label="The month before" onClick={() => show(addMonths(month, -1))} back />
          <span aria-live="polite" className="min-w-32 text-center font-medium">
            {monthName(new Date(month.year, month.month - 1, 1))}
          </span>
          <Turn label="The next month" onClick={() => show(addMonths(month, 1))} />
        </div>
      }
    >
      <MonthGrid month={month} zone={zone} windows={windows} onMonth={show} />
      <p className="border-t border-line px-4 py-2 text-xs text-muted">Days and times are those of {zone}.</p>
      {windows.length === 0 ? (
        <p className="border-t border-line px-4 py-3 text-muted">No window: rollouts begin at any time.</p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {windows.map((window, index) => (
            <Window key={index} window={window} now={today} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Turn({ label, onClick, back = false }: { label: string; onClick: () => void; back?: boolean }) {
  const Icon = back ? ChevronLeft : ChevronRight;
  return (
    <Hint text={label}>
      <Button
        tone="quiet"
        size="small"
        aria-label={label}
        onClick={onClick}
        icon={<Icon aria-hidden className="size-4" />}
      />
    </Hint>
  );
}

/** What was written, in its own zone, and when it is open next, in the viewer's. */
function Window({ window, now }: { window: FreezeWindow; now: number }) {
  // A window opens and closes at whole minutes.
  const thisMinute = now - (now % 60_000);
  const next = useMemo(() => nextSpan(window, thisMinute), [window, thisMinute]);
  const isOpen = next !== null && next.from <= now && now < next.to;
  return (
    <li className="px-4 py-2">
      <p className="flex flex-wrap items-center gap-2">
        <code className="font-mono">{window.schedule}</code>
        <span className="text-muted">
          for {span(window.durationMinutes * 60_000)}, by the clocks of {window.timezone}
        </span>
        {isOpen && <Badge tone="warn">open now</Badge>}
      </p>
      <p className="text-xs text-muted">
        {next === null
          ? "It opens too often to be drawn, or not within a year."
          : isOpen
            ? `Until ${moment(next.to)}`
            : `Next: ${moment(next.from)} to ${moment(next.to)}`}
      </p>
    </li>
  );
}
