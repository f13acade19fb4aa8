import { PROCESS_NAME } from "@sluice/core/pipeline";
import type { Point } from "./points.ts";

/** More series than this are not told apart: a node that makes them is in need of a pipeline, not of a counter. */
const MOST_SERIES = 500_000;

/** What leaves a pipeline: how many time series, and their last values. */
export class Output {
  readonly #series = new Map<string, { point: Point; at: number }>();
  readonly #keepMs: number;

  /** @param keepMs how long a series counts that brings nothing any more */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  add(points: Iterable<Point>, now: number): void {
    for (const point of points) {
      if (this.#series.size >= MOST_SERIES && !this.#series.has(point.series)) continue;
      this.#series.set(point.series, { point, at: now });
    }
  }

  /** Forgets series of programs that are not to pass any more. */
  keepOnly(passes: (program: string) => boolean): void {
    for (const [series, { point }] of this.#series) {
      const program = point.attributes[PROCESS_NAME];
      if (program !== undefined && !passes(program)) this.#series.delete(series);
    }
  }

  cardinality(now: number): number {
    this.#expire(now);
    return this.#series.size;
  }

  /** The last values in Prometheus' text format. */
  text(now: number): string {
    this.#expire(now);
    const lines = [...this.#series.values()].flatMap(({ point }) => (point.value === null ? [] : [lineOf(point)]));
    return `${lines.toSorted().join("\n")}\n`;
  }

  #expire(now: number): void {
    for (const [series, { at }] of this.#series) if (now - at > this.#keepMs) this.#series.delete(series);
  }
}

const nameOf = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const lineOf = ({ name, attributes, value }: Point): string => {
  const labels = Object.entries(attributes).map(([key, text]) => `${nameOf(key)}="${escaped(text)}"`);
  return `${nameOf(name)}{${labels.join(",")}} ${value}`;
};
