import { setTimeout as sleep } from "node:timers/promises";
import { OBSERVED, SINK } from "@sluice/core/pipeline";
import type { Standing } from "./board.ts";
import { openFront } from "./front.ts";
import { freePort, type Listening } from "./http.ts";
import { type Duty, type Otelcol, startOtelcol } from "./otelcol.ts";
import type { RevisionFile } from "./settings.ts";
import { openSink, type Sink } from "./sink.ts";
import type { Stand } from "./stand.ts";
import { FlowWatch, parseTelemetry } from "./telemetry.ts";
import { earlierVerdict, keepVerdict, TRIAL_MS, trialVerdict } from "./trial.ts";

export interface SupervisorOptions {
  /** The instance's own. */
  ownFolder: string;
  /** What is to run. */
  load(): Promise<RevisionFile>;
  /** Where it is to be. */
  open(): Stand;
  instance: string;
  host: string;
  port: number;
  environment: Record<string, string | undefined>;
}

const BEAT_MS = 500;
const LOOK_MS = 1_000;
/** A node that no place was left on. */
const NOWHERE = "unplaced";

/**
 * One collector on one node, from its start to its end. Resolves with why it ended; null when it was told to.
 *
 * - **starting**: a place is claimed, the collector started. The instance's port opens when the collector tells its figures.
 * - **active**: measures its node (the first replica there) and takes what applications send.
 * - **standby**: the place's collector of the leading revision, which is being delivered or serves, is ready and measures the
 *   node; this one only takes what is sent to it, and measures again the moment the other is gone.
 */
export async function supervise(options: SupervisorOptions, stop: AbortSignal): Promise<string | null> {
  const { ownFolder } = options;
  const verdict = await earlierVerdict(ownFolder, Date.now());
  if (verdict !== null) return verdict;
  const revision = await options.load();
  const stand = options.open();
  const running = new RunningCollector(options, revision, stand);
  try {
    return await running.run(stop);
  } finally {
    stand.leave();
  }
}

class RunningCollector {
  readonly #options: SupervisorOptions;
  readonly #revision: RevisionFile;
  readonly #stand: Stand;
  readonly #flow = new FlowWatch((exporter) => exporter === SINK || exporter === OBSERVED);
  #standing: Standing = { place: null, relieved: false };
  #duty: Duty | null = null;
  #readyAt: number | null = null;
  #lastSeen = 0;

  constructor(options: SupervisorOptions, revision: RevisionFile, stand: Stand) {
    this.#options = options;
    this.#revision = revision;
    this.#stand = stand;
  }

  async run(stop: AbortSignal): Promise<string | null> {
    const { ownFolder, environment } = this.#options;
    const ended = new AbortController();
    const over = AbortSignal.any([stop, ended.signal]);
    let otelcol: Otelcol | null = null;
    const sink = await openSink(this.#revision, () => void this.#assign(otelcol, sink));
    const [intakePort, telemetryPort] = [await freePort(), await freePort()];
    await this.#beat();
    const duty = this.#wanted(sink);
    this.#duty = duty;
    otelcol = await startOtelcol(
      {
        revision: this.#revision,
        folder: ownFolder,
        intakePort,
        telemetryPort,
        sinkUrl: `http://127.0.0.1:${sink.port}`,
        environment,
      },
      duty,
    );
    const exit = otelcol.ended.then((reason) => {
      ended.abort();
      return reason;
    });
    const beating = this.#every(BEAT_MS, over, async () => {
      await this.#beat();
      await this.#assign(otelcol, sink);
    });
    let front: Listening | null = null;
    let broken: string | null = null;
    await this.#every(LOOK_MS, over, async () => {
      if (!(await this.#look(telemetryPort))) return;
      front ??= await openFront({
        host: this.#options.host,
        port: this.#options.port,
        intakePort,
        ailment: () => this.#ailment(),
        figures: () => this.#figures(sink),
        output: () => sink.output.text(Date.now()),
      });
      broken = this.#onTrial() ? trialVerdict(this.#flow.flow(), this.#revision.maxErrorRate) : null;
      if (broken === null) return;
      await keepVerdict(ownFolder, broken, Date.now());
      ended.abort();
    });
    await beating;
    await closeOf(front);
    otelcol.stop();
    const reason = await exit;
    await sink.close();
    return stop.aborted ? null : (broken ?? reason);
  }

  /** Until `over`; a failure is said and tried again, as the next look may find the world in order. */
  async #every(ms: number, over: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!over.aborted) {
      await work().catch((error: unknown) => process.stderr.write(`sluice: ${String(error)}\n`));
      await sleep(ms, undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    this.#standing = await this.#stand.beat(this.#readyAt !== null);
  }

  #wanted(sink: Sink): Duty {
    const { place, relieved } = this.#standing;
    return {
      node: place?.node ?? NOWHERE,
      measuresHost: this.#revision.collectHost && place?.replica === 0 && !relieved,
      // To change what passes the collector must let go of what it keeps for a destination that is down.
      programs: this.#flow.waits && this.#duty !== null ? this.#duty.programs : sink.programs,
    };
  }

  async #assign(otelcol: Otelcol | null, sink: Sink): Promise<void> {
    const wanted = this.#wanted(sink);
    // Until it tells figures it would take the signal for its end.
    if (this.#readyAt === null) return;
    if (otelcol === null || JSON.stringify(wanted) === JSON.stringify(this.#duty)) return;
    // What it measured itself is measured by another collector from now on.
    if (this.#duty?.measuresHost === true && !wanted.measuresHost) sink.output.keepOnly(() => false);
    this.#duty = wanted;
    await otelcol.assign(wanted);
  }

  /** Whether the collector tells its figures. */
  async #look(telemetryPort: number): Promise<boolean> {
    const now = Date.now();
    const text = await fetch(`http://127.0.0.1:${telemetryPort}/metrics`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => (response.ok ? response.text() : null),
      () => null,
    );
    if (text === null) return false;
    this.#flow.add(parseTelemetry(text), now);
    this.#readyAt ??= now;
    this.#lastSeen = now;
    return true;
  }

  #onTrial(): boolean {
    return this.#readyAt !== null && Date.now() - this.#readyAt < TRIAL_MS;
  }

  /** A collector that takes over another duty is silent for a moment. */
  #ailment(): string | null {
    const silent = Date.now() - this.#lastSeen;
    return silent < 10_000 ? null : `the collector has not told its figures for ${Math.round(silent / 1_000)} s`;
  }

  #figures(sink: Sink) {
    const { place, relieved } = this.#standing;
    const { pointsPerMinute, attempted, failed, stuck } = this.#flow.flow();
    return {
      node: place?.node ?? NOWHERE,
      replica: place?.replica ?? 0,
      role: place === null || relieved ? "standby" : "active",
      measuresHost: this.#duty?.measuresHost ?? false,
      programs: this.#revision.selection === null ? null : sink.programs,
      cardinality: sink.output.cardinality(Date.now()),
      pointsPerMinute,
      attempted,
      failed,
      stuck,
    };
  }
}

const closeOf = async (listening: Listening | null): Promise<void> => listening?.close();
