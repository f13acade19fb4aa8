import { percent } from "../format/number.ts";
import { span } from "../format/time.ts";
import { type Drawing, drawingOf, pointsOf, type Stretch } from "./drawing.ts";
import { type Step, wordsOf } from "./step.ts";

const GROUNDS: Readonly<Record<Stretch["kind"], string>> = {
  begin: "",
  wait: "",
  compare: "bg-sunken",
  person: "bg-warn-ground",
  hook: "bg-warn-ground",
  end: "",
};

/** The way of the traffic: a line over time, and the same in words. */
export function WayOfTraffic({ steps }: { steps: readonly Step[] }) {
  const drawing = drawingOf(steps);
  const { stretches, seconds } = drawing;
  const waits = stretches.filter(({ kind }) => kind === "person").length;
  const time = seconds === 0 ? "No time by plan" : `${span(seconds * 1_000)} by plan`;
  const asked = waits === 0 ? "" : `, and as long as people take, ${waits === 1 ? "once" : `${waits} times`}`;
  return (
    <figure className="space-y-2">
      <Line drawing={drawing} />
      <figcaption className="text-xs text-muted">
        The candidate's share of the callers over time. {time}
        {asked}.
      </figcaption>
      <ol aria-label="Steps by plan" className="flex flex-wrap gap-1.5 text-xs">
        {steps.map((step, index) => (
          <li key={index} className="rounded-md border border-line px-2 py-1 wrap-anywhere">
            <span className="text-muted">{index + 1}.</span> {wordsOf(step)}
          </li>
        ))}
      </ol>
    </figure>
  );
}

function Line({ drawing: { stretches, ticks } }: { drawing: Drawing }) {
  const mirrors = stretches.some(({ mirrored }) => mirrored > 0);
  return (
    <div aria-hidden className="grid grid-cols-[2.75rem_minmax(0,1fr)] gap-x-2 text-xs text-muted">
      <div className="flex h-36 flex-col justify-between text-right">
        <span>100 %</span>
        <span>50 %</span>
        <span>0 %</span>
      </div>
      <div className="relative h-36 border-b border-l border-edge">
        {stretches.map(({ from, to, kind, weight }, index) => (
          <div
            key={index}
            className={`absolute inset-y-0 overflow-hidden ${GROUNDS[kind]}`}
            style={{ left: `${from}%`, width: `${to - from}%` }}
          >
            {(kind === "person" || kind === "hook") && (
              <span className="absolute inset-x-0 top-1 text-center font-semibold text-warn">
                {kind === "person" ? "?" : "…"}
              </span>
            )}
            {weight > 0 && weight < 100 && to - from >= 7 && (
              <span className="absolute inset-x-0 text-center" style={labelPlace(weight)}>
                {percent(weight)}
              </span>
            )}
          </div>
        ))}
        <svg
          aria-hidden
          className="absolute inset-0 size-full overflow-visible"
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
        >
          {mirrors && (
            <polyline
              points={pointsOf(stretches, "mirrored")}
              className="fill-none stroke-stable"
              strokeWidth={2}
              strokeDasharray="5 4"
              vectorEffect="non-scaling-stroke"
            />
          )}
          <polyline
            points={pointsOf(stretches, "weight")}
            className="fill-none stroke-candidate"
            strokeWidth={2.5}
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      </div>
      <span />
      <div className="relative h-4">
        {ticks.map(({ at, label }) => (
          <span key={at} className="absolute -translate-x-1/2 whitespace-nowrap" style={{ left: `${at}%` }}>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Above the line, or below it where there is no room above. */
const labelPlace = (weight: number) =>
  weight > 75 ? { top: `calc(${100 - weight}% + 2px)` } : { bottom: `calc(${weight}% + 2px)` };
