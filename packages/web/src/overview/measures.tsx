import { Info } from "lucide-react";
import { Hint } from "../ui/hint.tsx";
import { measuresOf } from "./measures.ts";
import type { Insights } from "./queries.ts";

/** How well it goes over weeks; what each measure is, on hover and on focus. */
export function Measures({ insights }: { insights: Insights }) {
  return (
    <dl className="grid grid-cols-1 gap-px bg-line sm:grid-cols-2">
      {measuresOf(insights).map(({ name, value, of, definition }) => (
        <div key={name} className="min-h-24 min-w-0 bg-surface px-4 py-3">
          <dt className="flex items-center gap-1 text-xs text-muted">
            {name}
            <Hint text={definition}>
              <button type="button" aria-label={`What is ${name.toLowerCase()}?`} className="rounded p-1">
                <Info aria-hidden className="size-3.5" />
              </button>
            </Hint>
          </dt>
          <dd className="text-xl font-semibold">
            {value}
            <span className="block text-xs font-normal text-muted">{of}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
