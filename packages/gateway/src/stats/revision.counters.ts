import { LogHistogram, type RevisionStats } from "@sluice/core";

/** Running totals of one revision on one route. Written on the hot path: plain fields, no allocation. */
export class RevisionCounters {
  readonly revision: number;
  requests = 0;
  errors = 0;
  aborted = 0;
  bytesIn = 0;
  bytesOut = 0;
  inFlight = 0;
  /** Answers by the first digit of their status; at 0 those without an answer. */
  readonly classes = [0, 0, 0, 0, 0, 0];
  readonly latency = new LogHistogram();
  /** Of all latencies in `latency`, in milliseconds. */
  latencySum = 0;

  constructor(revision: number) {
    this.revision = revision;
  }

  /** A request that ended with an answer of `status`, or with none (0). Returns nothing but counts. */
  completed(status: number): void {
    this.requests += 1;
    const digit = status >= 600 ? 5 : Math.floor(status / 100);
    this.classes[digit] = (this.classes[digit] ?? 0) + 1;
  }

  snapshot(): RevisionStats {
    const [failed = 0, informational = 0, success = 0, redirection = 0, client = 0, server = 0] = this.classes;
    return {
      revision: this.revision,
      requests: this.requests,
      status: { "1xx": informational, "2xx": success, "3xx": redirection, "4xx": client, "5xx": server, failed },
      errors: this.errors,
      aborted: this.aborted,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      inFlight: this.inFlight,
      latency: this.latency.toSparse(),
    };
  }
}
