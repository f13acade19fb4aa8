import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { viewersZone } from "../format/time.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import type { WindowFields } from "./form.ts";

interface WindowFieldsetProps {
  windows: readonly WindowFields[];
  onChange: (windows: WindowFields[]) => void;
  problemAt: (index: number, field: "schedule" | "durationMinutes" | "timezone") => string | undefined;
}

/** From Friday afternoon to Monday morning: what most want first. */
const WEEKEND = { schedule: "0 17 * * 5", durationHours: "63" };

const ZONES = Intl.supportedValuesOf("timeZone");

export function WindowFieldset({ windows, onChange, problemAt }: WindowFieldsetProps) {
  const zones = useId();
  const put = (at: number, changed: Partial<WindowFields>): void =>
    onChange(windows.map((window, index) => (index === at ? { ...window, ...changed } : window)));
  return (
    <fieldset className="space-y-3">
      <legend className="mb-1 text-xs font-medium text-muted">Freeze windows: no rollout begins in them</legend>
      <datalist id={zones}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {windows.map((window, index) => (
        <div
          key={index}
          className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,2fr)_auto]"
        >
          <TextField
            label="Opens (cron: minute hour day month weekday)"
            value={window.schedule}
            onChange={(event) => put(index, { schedule: event.target.value })}
            problem={problemAt(index, "schedule")}
          />
          <TextField
            label="Hours"
            inputMode="decimal"
            value={window.durationHours}
            onChange={(event) => put(index, { durationHours: event.target.value })}
            problem={problemAt(index, "durationMinutes")}
          />
          <TextField
            label="Time zone"
            list={zones}
            value={window.timezone}
            onChange={(event) => put(index, { timezone: event.target.value })}
            problem={problemAt(index, "timezone")}
          />
          <Button
            tone="quiet"
            aria-label={`Remove window ${index + 1}`}
            className="sm:mt-5"
            onClick={() => onChange(windows.filter((_, at) => at !== index))}
            icon={<Trash2 aria-hidden className="size-4" />}
          />
        </div>
      ))}
      <Button
        size="small"
        onClick={() => onChange([...windows, { ...WEEKEND, timezone: viewersZone() }])}
        icon={<Plus aria-hidden className="size-4" />}
      >
        Add a window
      </Button>
    </fieldset>
  );
}
