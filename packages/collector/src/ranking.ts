import { namesProcess, PROCESS_NAME } from "@sluice/core/pipeline";
import type { Point } from "./points.ts";
import type { Selection } from "./settings.ts";

/** Processor time only grows, so a program's use is what came since; memory is what it is now. */
const METRIC = { cpu: "process.cpu.time", memory: "process.memory.usage" } as const;

interface Seen {
  program: string;
  value: number;
  /** How much it grew since the choice before, and what it was when it was first seen. */
  grown: number;
  at: number;
}

/** Learns from observed points which programs are important, and says which are to pass. */
export class ProcessRanking {
  readonly #selection: Selection;
  readonly #used = new Map<string, Seen>();
  readonly #series = new Map<string, { program: string; at: number }>();

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  observe(points: Iterable<Point>, now: number): void {
    const metric = METRIC[this.#selection.rankBy];
    for (const { series, name, attributes, value } of points) {
      const program = attributes[PROCESS_NAME];
      if (program === undefined) continue;
      this.#series.set(series, { program, at: now });
      if (name !== metric || value === null) continue;
      const before = this.#used.get(series);
      const grown = before === undefined ? 0 : before.grown + Math.max(0, value - before.value);
      this.#used.set(series, { program, value, grown, at: now });
    }
  }

  get hasObserved(): boolean {
    return this.#series.size > 0;
  }

  /** Programs to pass until the next choice, most important first. What was not seen for `forgetMs` is forgotten. */
  choose(now: number, forgetMs: number): string[] {
    for (const seen of [this.#used, this.#series])
      for (const [series, { at }] of seen) if (now - at > forgetMs) seen.delete(series);
    const ranked = this.#ranked();
    const { always, limit } = this.#selection;
    const critical = ranked.filter((program) => namesProcess(always, program));
    const others = ranked.filter((program) => !critical.includes(program));
    for (const seen of this.#used.values()) seen.grown = 0;
    if ("programs" in limit)
      return [...critical, ...ranked.slice(0, limit.programs).filter((one) => others.includes(one))];
    return [...critical, ...this.#within(others, limit.series - this.#seriesOf(critical))];
  }

  /** By use of late; by all that is known while nothing has been seen twice. Equals are ordered by name. */
  #ranked(): string[] {
    const { rankBy } = this.#selection;
    const grew = rankBy === "cpu" && [...this.#used.values()].some((seen) => seen.grown > 0);
    const use = new Map<string, number>();
    for (const { program } of this.#series.values()) use.set(program, 0);
    for (const { program, grown, value } of this.#used.values())
      use.set(program, (use.get(program) ?? 0) + (grew ? grown : value));
    return [...use].toSorted(([left, a], [right, b]) => b - a || (left < right ? -1 : 1)).map(([program]) => program);
  }

  #within(programs: readonly string[], budget: number): string[] {
    let left = budget;
    const end = programs.findIndex((program) => {
      left -= this.#seriesOf([program]);
      return left < 0;
    });
    return programs.slice(0, end === -1 ? undefined : end);
  }

  #seriesOf(programs: readonly string[]): number {
    return [...this.#series.values()].filter(({ program }) => programs.includes(program)).length;
  }
}
