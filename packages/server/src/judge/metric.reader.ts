import type { Instant, JudgeBatch, JudgeConfig, OutsideMetricOptions, OutsideProblem } from "@sluice/core";
import { seconds } from "@sluice/core";
import type { MetricQuestion, MetricReading, MetricSourceReader } from "../metric/metric.source.ts";
import { readPatiently } from "./patient.read.ts";
import type { ReadSlots } from "./read.slots.ts";

type Arm = "stable" | "candidate";

/** How far each metric was read, plain JSON: on disk together with what the judge made of it. */
export type ReadingsState = Record<string, MetricState>;

interface MetricState {
  dueAt: Instant;
  /** Readings in a row that the source did not answer; none after one that it did (edge case 25). */
  errors: number;
  cursors: Record<Arm, string | null>;
}

/** What the arms are to the sources. */
export type ArmQuestion = Pick<MetricQuestion, "labels" | "deploymentId" | "revision" | "versionId">;

export interface MetricReaderOptions {
  config: JudgeConfig;
  metrics: readonly OutsideMetricOptions[];
  arms: { stable: ArmQuestion | null; candidate: ArmQuestion };
  /** One for each metric, in their order. */
  readers: readonly MetricSourceReader[];
  slots: ReadSlots;
  state: ReadingsState;
}

/** A source that stays away is asked at most this often (ms). */
const LONGEST_PAUSE_MS = 60_000;

const COMPARING = new Set(["scores", "series", "kayenta"]);

interface Done {
  metric: string;
  values: { stable: number[]; candidate: number[] } | null;
  problem: OutsideProblem | null;
  state: MetricState;
}

/**
 * Reads a rollout's outside metrics when they are due, each on its own and beside the judging. Both arms of a metric are read at once; when one of
 * them fails, the other is abandoned (edge case 31), and neither counts. What was read is handed over by `collect`, and its place in
 * the source with it, so that nothing is judged twice.
 */
export class MetricReader {
  readonly #options: MetricReaderOptions;
  readonly #state: ReadingsState;
  readonly #reading = new Map<string, AbortController>();
  #done: Done[] = [];

  constructor(options: MetricReaderOptions) {
    this.#options = options;
    this.#state = structuredClone(options.state);
  }

  /** Begins the readings that are due; those under way and those without a free slot wait. */
  start(now: Instant): void {
    for (const [index, metric] of this.#options.metrics.entries()) {
      const reader = this.#options.readers[index];
      const state = this.#stateOf(metric.name);
      const waiting = this.#done.some((done) => done.metric === metric.name);
      if (reader === undefined || now < state.dueAt || waiting || this.#reading.has(metric.name)) continue;
      if (!this.#options.slots.take()) return;
      const stop = new AbortController();
      this.#reading.set(metric.name, stop);
      this.#read(metric, reader, state, now, stop)
        .then((done) => {
          if (!stop.signal.aborted) this.#done.push(done);
        })
        // Aborted: nobody waits for it.
        .catch(() => undefined)
        .finally(() => {
          this.#options.slots.free();
          if (this.#reading.get(metric.name) === stop) this.#reading.delete(metric.name);
        });
    }
  }

  /** What was read since the last call. */
  collect(): Pick<JudgeBatch, "values" | "problems"> {
    const done = this.#done;
    this.#done = [];
    for (const { metric, state } of done) this.#state[metric] = state;
    return {
      values: done.flatMap(({ metric, values }) => (values === null ? [] : [{ metric, ...values }])),
      problems: done.flatMap(({ problem }) => (problem === null ? [] : [problem])),
    };
  }

  /** How far everything that was collected had been read. */
  state(): ReadingsState {
    return structuredClone(this.#state);
  }

  /** Ends what is under way; its answers count for nothing. */
  abort(): void {
    for (const stop of this.#reading.values()) stop.abort();
    this.#reading.clear();
  }

  #stateOf(metric: string): MetricState {
    return this.#state[metric] ?? { dueAt: 0, errors: 0, cursors: { stable: null, candidate: null } };
  }

  async #read(
    metric: OutsideMetricOptions,
    reader: MetricSourceReader,
    state: MetricState,
    now: Instant,
    stop: AbortController,
  ): Promise<Done> {
    const { config, arms } = this.#options;
    const parts = config.outside.filter(({ name }) => name === metric.name);
    const compared = parts.some(({ kind }) => COMPARING.has(kind));
    const single = parts.every(({ kind }) => kind === "threshold");
    const siblings = new AbortController();
    const signal = AbortSignal.any([stop.signal, siblings.signal]);
    const { name, intervalSeconds } = metric;
    const ask = async (arm: Arm): Promise<MetricReading | null> => {
      const asked = arms[arm];
      if (asked === null || (arm === "stable" && !compared)) return null;
      const question = { ...asked, metric: name, compared, single, intervalSeconds, since: config.startedAt, now };
      const reading = await readPatiently(reader, { ...question, cursor: state.cursors[arm] }, signal);
      if (reading.outcome.kind === "unavailable" || reading.outcome.kind === "invalid") siblings.abort();
      return reading;
    };
    const [candidate, stable] = await Promise.allSettled([ask("candidate"), ask("stable")]);
    stop.signal.throwIfAborted();
    return doneOf(metric, state, now, { candidate: settled(candidate), stable: settled(stable) });
  }
}

/** A reading that was abandoned for its sibling's sake says nothing; any other failure is one of ours and is thrown. */
function settled(result: PromiseSettledResult<MetricReading | null>): MetricReading | null | "abandoned" {
  if (result.status === "fulfilled") return result.value;
  if (result.reason instanceof Error && result.reason.name === "AbortError") return "abandoned";
  return {
    outcome: { kind: "unavailable", message: `the reading broke: ${String(result.reason).slice(0, 200)}` },
    cursor: null,
  };
}

function doneOf(
  { name: metric, intervalSeconds }: OutsideMetricOptions,
  state: MetricState,
  now: Instant,
  readings: Record<Arm, MetricReading | null | "abandoned">,
): Done {
  const interval = seconds(intervalSeconds);
  const outcomes = (["candidate", "stable"] as const).flatMap((arm) => {
    const reading = readings[arm];
    return reading === null || reading === "abandoned" ? [] : [{ arm, ...reading }];
  });
  const failed = outcomes.find(({ outcome }) => outcome.kind === "unavailable" || outcome.kind === "invalid");
  if (failed !== undefined && failed.outcome.kind !== "values") {
    const down = failed.outcome.kind === "unavailable";
    const errors = down ? state.errors + 1 : 0;
    const row = down ? `, for the ${ordinal(errors)} time in a row; an answer would end this` : "";
    return {
      metric,
      values: null,
      problem: { metric, status: down ? "provider_error" : "invalid", message: failed.outcome.message + row },
      state: {
        ...state,
        errors,
        dueAt: now + Math.max(interval, Math.min(interval * 2 ** Math.min(errors, 16), LONGEST_PAUSE_MS)),
      },
    };
  }
  const values = { stable: [] as number[], candidate: [] as number[] };
  const cursors = { ...state.cursors };
  let problem: OutsideProblem | null = null;
  for (const { arm, outcome, cursor } of outcomes) {
    cursors[arm] = cursor;
    if (outcome.kind === "values") values[arm] = outcome.values;
    else
      problem ??= {
        metric,
        status: "no_data",
        message: `${arm === "candidate" ? "the candidate" : "stable"}: ${outcome.message}`,
      };
  }
  return { metric, values, problem, state: { dueAt: now + interval, errors: 0, cursors } };
}

function ordinal(count: number): string {
  const endings = ["th", "st", "nd", "rd"];
  const last = count % 100;
  return `${count}${endings[(last - 20) % 10] ?? endings[last] ?? "th"}`;
}
