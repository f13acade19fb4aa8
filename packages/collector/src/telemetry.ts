/** What a collector says of itself at one moment; counters begin anew with every reload of its configuration. */
export interface TelemetrySample {
  accepted: number;
  refused: number;
  exporters: ReadonlyMap<string, { sent: number; failed: number; queued: number }>;
}

const LINE = /^otelcol_(receiver|exporter)_(\w+?)(?:_total)?\{([^}]*)\} (\S+)$/;
const SIGNALS = "(?:metric_points|spans|log_records)";
const ACCEPTED = new RegExp(`^accepted_${SIGNALS}$`);
const REFUSED = new RegExp(`^(?:refused|failed)_${SIGNALS}$`);
const SENT = new RegExp(`^sent_${SIGNALS}$`);
const FAILED = new RegExp(`^(?:send|enqueue)_failed_${SIGNALS}$`);

/** Reads the collector's own metrics in Prometheus' text format. */
export function parseTelemetry(text: string): TelemetrySample {
  let accepted = 0;
  let refused = 0;
  const exporters = new Map<string, { sent: number; failed: number; queued: number }>();
  for (const line of text.split("\n")) {
    const [, part, metric = "", labels = "", written] = LINE.exec(line) ?? [];
    const value = Number(written);
    if (part === undefined || Number.isNaN(value)) continue;
    if (part === "receiver") {
      if (ACCEPTED.test(metric)) accepted += value;
      if (REFUSED.test(metric)) refused += value;
      continue;
    }
    const [, name = ""] = /(?:^|,)exporter="([^"]*)"/.exec(labels) ?? [];
    const known = exporters.get(name) ?? { sent: 0, failed: 0, queued: 0 };
    if (SENT.test(metric)) known.sent += value;
    if (FAILED.test(metric)) known.failed += value;
    if (metric === "queue_size") known.queued += value;
    exporters.set(name, known);
  }
  return { accepted, refused, exporters };
}

interface Moment {
  at: number;
  accepted: number;
  refused: number;
  sent: number;
  failed: number;
  /** Exporters that had something to send and sent nothing since the moment before. */
  stuck: ReadonlySet<string>;
}

const WINDOW_MS = 60_000;
/** A measurement brings many points at once: over less time than this a rate would be an accident. */
const LEAST_SECONDS = 15;
/** An exporter that waits is tried again after a few seconds; one that has sent nothing for so long is stuck. */
const STUCK_MS = 12_000;

export interface Flow {
  pointsPerMinute: number;
  attempted: number;
  failed: number;
  /** The exporter from which nothing leaves; null while all work. */
  stuck: string | null;
}

/** Follows the collector's counters over the last minute. */
export class FlowWatch {
  readonly #isLocal: (exporter: string) => boolean;
  #moments: Moment[] = [];
  #before: TelemetrySample | null = null;
  readonly #waiting = new Map<string, number>();

  /** @param isLocal exporters that only serve figures; what they do counts when there are no others */
  constructor(isLocal: (exporter: string) => boolean) {
    this.#isLocal = isLocal;
  }

  add(sample: TelemetrySample, at: number): void {
    const before = this.#before ?? { accepted: 0, refused: 0, exporters: new Map() };
    const leaving = [...sample.exporters].filter(([name]) => !this.#isLocal(name));
    const counted = leaving.length > 0 ? leaving : [...sample.exporters];
    const moment = {
      at,
      accepted: grown(sample.accepted, before.accepted),
      refused: grown(sample.refused, before.refused),
    };
    let [sent, failed] = [0, 0];
    for (const [name, now] of counted) {
      const then = before.exporters.get(name) ?? { sent: 0, failed: 0, queued: 0 };
      sent += grown(now.sent, then.sent);
      failed += grown(now.failed, then.failed);
      const waits = now.queued > 0 && now.sent === then.sent;
      if (!waits) this.#waiting.delete(name);
      else if (!this.#waiting.has(name)) this.#waiting.set(name, at);
    }
    const stuck = new Set([...this.#waiting].filter(([, since]) => at - since >= STUCK_MS).map(([name]) => name));
    this.#moments = [...this.#moments.filter((one) => at - one.at < WINDOW_MS), { ...moment, sent, failed, stuck }];
    this.#before = sample;
  }

  /** Something is kept for an exporter that sends nothing at the moment. */
  get waits(): boolean {
    return this.#waiting.size > 0;
  }

  flow(): Flow {
    const sum = (of: (moment: Moment) => number): number => this.#moments.reduce((total, one) => total + of(one), 0);
    const [first, last] = [this.#moments[0], this.#moments.at(-1)];
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1_000;
    const accepted = sum((moment) => moment.accepted);
    const lost = sum((moment) => moment.failed) + sum((moment) => moment.refused);
    const [stuck = null] = last?.stuck ?? [];
    const kept = stuck === null ? 0 : Math.max(1, accepted);
    return {
      // The first moment's growth is of before the window.
      pointsPerMinute: ((accepted - (first?.accepted ?? 0)) * 60) / Math.max(seconds, LEAST_SECONDS),
      attempted: sum((moment) => moment.sent) + lost + kept,
      failed: lost + kept,
      stuck,
    };
  }
}

const grown = (now: number, before: number): number => (now >= before ? now - before : now);
