import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../app/theme.ts";
import { clock, day, minute } from "../format/time.ts";
import { powersOfTen } from "./powers.ts";

export interface Line {
  label: string;
  /** A colour of the theme: `stable`, `candidate`, `accent`. */
  colour: "stable" | "candidate" | "accent" | "warn";
  dash?: boolean;
  stepped?: boolean;
}

interface PlotProps {
  /** For those who cannot see it: what it shows, and how it stands. */
  label: string;
  data: uPlot.AlignedData;
  lines: readonly Line[];
  format: (value: number) => string;
  height?: number;
  /** Powers of ten. */
  logarithmic?: boolean;
  /** A value that matters, as a line across. */
  bound?: { value: number; label: string } | undefined;
  /** Moments worth a mark, in seconds since 1970. */
  marks?: readonly { at: number; label: string }[];
  /** The largest value that is always shown. */
  least?: number;
  /** What the data's x stands for, where it is no time: 0 is the first of these. */
  categories?: readonly string[] | undefined;
}

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Lines over time. Its place has its height from the beginning, and data that comes moves nothing but the lines. */
export function Plot({
  label,
  data,
  lines,
  format,
  height = 150,
  logarithmic = false,
  bound,
  marks = [],
  least = 0,
  categories,
}: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  // What is drawn beside the lines is read when it is drawn: it may change without another plot.
  const beside = useRef({ bound, marks });
  beside.current = { bound, marks };
  const shape = JSON.stringify([lines, logarithmic, height, least, theme, categories]);

  // `shape` is all that a plot is made of; data is given to it below.
  useEffect(() => {
    if (place.current === null) return;
    const made = new uPlot(
      options({
        width: place.current.clientWidth,
        height,
        lines,
        format,
        logarithmic,
        least,
        categories,
        beside: () => beside.current,
      }),
      data,
      place.current,
    );
    plot.current = made;
    const watch = new ResizeObserver(([entry]) => {
      if (entry !== undefined) made.setSize({ width: entry.contentRect.width, height });
    });
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure className="min-w-0">
      <div className="relative">
        <div ref={place} role="img" aria-label={label} style={{ height }} className="overflow-hidden" />
        {data[0].length === 0 && (
          <p className="absolute inset-0 grid place-items-center bg-surface text-xs text-muted">Nothing was measured</p>
        )}
      </div>
      <figcaption className="flex flex-wrap gap-x-4 px-1 text-xs text-muted">
        {lines.map((line) => (
          <span key={line.label} className="flex items-center gap-1.5">
            <span
              aria-hidden
              className={`w-4 border-t-2 ${line.dash === true ? "border-dashed" : ""}`}
              style={{ borderColor: `var(--${line.colour})` }}
            />
            {line.label}
          </span>
        ))}
        {bound !== undefined && (
          <span className="flex items-center gap-1.5">
            <span aria-hidden className="w-4 border-t border-dashed border-bad" />
            {bound.label}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

interface Shape extends Required<Pick<PlotProps, "lines" | "format" | "logarithmic" | "least">> {
  width: number;
  height: number;
  categories: PlotProps["categories"];
  beside: () => { bound: PlotProps["bound"]; marks: NonNullable<PlotProps["marks"]> };
}

function options({ width, height, lines, format, logarithmic, least, categories, beside }: Shape): uPlot.Options {
  const muted = colour("muted");
  const grid = { stroke: colour("line"), width: 1 };
  const font = "11px ui-sans-serif, system-ui, sans-serif";
  return {
    width,
    height,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    padding: [10, 8, 0, 0],
    scales: {
      x:
        categories === undefined
          ? { range: (_, first, last) => [Math.min(first, last - LEAST_SECONDS), last] }
          : { time: false, range: () => [-0.5, categories.length - 0.5] },
      y: logarithmic
        ? {
            distr: 3,
            range: (_, low, high) => [Math.min(0.1, low ?? 0.1), Math.max(high ?? 1, (beside().bound?.value ?? 1) * 3)],
          }
        : { range: (_, __, high) => [0, Math.max(least, (high ?? 0) * 1.1, Number.MIN_VALUE)] },
    },
    axes: [
      {
        stroke: muted,
        grid,
        font,
        ticks: { show: false },
        ...(categories === undefined ? TIMES : named(categories, width)),
      },
      {
        stroke: muted,
        grid,
        font,
        size: 58,
        ticks: { show: false },
        ...(logarithmic && { splits: (_, __, low, high) => powersOfTen(low, high), filter: (_, splits) => splits }),
        values: (_, values) => values.map((value) => (value === null ? "" : format(value))),
      },
    ],
    series: [
      {},
      ...lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: colour(line.colour),
          width: 2,
          spanGaps: true,
          // A line begins with the second point.
          points: { show: (self) => categories !== undefined || self.data[0].length === 1 },
          ...(line.dash === true && { dash: [5, 4] }),
          ...(line.stepped === true &&
            uPlot.paths.stepped !== undefined && { paths: uPlot.paths.stepped({ align: 1 }) }),
        }),
      ),
    ],
    hooks: {
      draw: [
        (self) => {
          const { bound, marks } = beside();
          const { left, top, width: across, height: down } = self.bbox;
          const context = self.ctx;
          context.save();
          context.lineWidth = 1;
          context.setLineDash([4, 4]);
          context.strokeStyle = colour("edge");
          for (const { at } of marks) {
            const x = self.valToPos(at, "x", true);
            if (x < left || x > left + across) continue;
            context.beginPath();
            context.moveTo(x, top);
            context.lineTo(x, top + down);
            context.stroke();
          }
          if (bound !== undefined) {
            const y = self.valToPos(bound.value, "y", true);
            context.strokeStyle = colour("bad");
            context.lineWidth = 1.5;
            context.beginPath();
            context.moveTo(left, y);
            context.lineTo(left + across, y);
            context.stroke();
          }
          context.restore();
        },
      ],
    },
  };
}

/** What is shorter is shown as a part of so much: a plot of one moment has no scale of its own. */
const LEAST_SECONDS = 10;

/** An axis of times, as the viewer's clock tells them. */
const TIMES: uPlot.Axis = {
  space: 90,
  size: 30,
  values: (_, seconds, __, ___, every) =>
    seconds.map((at) => (every >= DAY ? day(at * 1_000) : every >= 60 ? minute(at * 1_000) : clock(at * 1_000))),
};
const DAY = 86_400;

/** Pixels that a name of a category takes. */
const NAME_PX = 70;

/** An axis with as many names of categories as there is room for. */
function named(categories: readonly string[], width: number): uPlot.Axis {
  const every = Math.max(1, Math.ceil((categories.length * NAME_PX) / width));
  return {
    splits: () => categories.flatMap((_, index) => (index % every === 0 ? [index] : [])),
    values: (_, indices) => indices.map((index) => categories[index] ?? ""),
  };
}
