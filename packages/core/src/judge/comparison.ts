/** What a shadow saw: the candidate's answers beside the ones that callers got, request by request. */
export interface ShadowReport {
  compared: number;
  /** Copies that got no answer, or were not sent because the mirror was busy: no comparison. */
  skipped: number;
  /** Pairs whose status class (2xx, 4xx …) differs. */
  statusMismatches: number;
  /** Pairs whose bodies differ by the declared comparer; null when bodies are not compared. */
  bodyMismatches: number | null;
  /** Bodies longer than the limit, or streamed, that were not compared. */
  bodiesSkipped: number;
  latencyMs: { stable: Quantiles | null; candidate: Quantiles | null };
  /** The first few pairs that differ, for people: method, path, statuses, and how the bodies begin to differ. */
  examples: { method: string; path: string; stable: number; candidate: number; difference: string }[];
}

/** The report as one sentence: what was seen, against what, with how many requests, and what would have made it say more. */
export function describeShadow(report: ShadowReport): string {
  const { compared, skipped, statusMismatches, bodyMismatches, bodiesSkipped, latencyMs } = report;
  const left = skipped === 0 ? "" : `; ${skipped} ${skipped === 1 ? "copy" : "copies"} got no answer to compare`;
  if (compared === 0) return `no request was compared${left}, and answers of both to the same request would have been`;
  const bodies =
    bodyMismatches === null
      ? "bodies were not compared"
      : `${bodyMismatches} with another body${bodiesSkipped === 0 ? "" : ` (${bodiesSkipped} were not compared)`}`;
  const { stable, candidate } = latencyMs;
  const speed =
    stable === null || candidate === null
      ? ""
      : `, its p95 ${milliseconds(candidate.p95)} against ${milliseconds(stable.p95)}`;
  const requests = compared === 1 ? "request" : "requests";
  return `of ${compared} compared ${requests} the candidate answered ${statusMismatches} with another status, ${bodies}${speed}${left}`;
}

const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;

interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** What an A/B test measured so far: a goal that the application reports, per request of each arm. */
export interface GoalReport {
  goal: string;
  stable: { exposures: number; goals: number };
  candidate: { exposures: number; goals: number };
  /** ln e-values that the candidate, or stable, is the better one. */
  logEvidence: { candidate: number; stable: number };
  bound: number;
  winner: "candidate" | "stable" | null;
  message: string;
}
