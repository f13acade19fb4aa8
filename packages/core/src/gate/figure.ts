/** What was found out about one condition of a gate. Gathered outside; judged by `judgeGate`. */
export type Figure =
  /** A number to compare with the threshold. */
  | {
      status: "measured";
      value: number;
      /** How many samples the number is of; null where nobody counted. */
      samples: number | null;
      /** Where it came from: `evaluation eva_… of promptfoo, 2026-11-21T10:00:00.000Z`. */
      evidence: string;
    }
  /** Somebody else's yes or no: an expression, a webhook. */
  | {
      status: "decided";
      pass: boolean;
      observed: number | string | boolean | null;
      evidence: string;
      /** What was seen, as the first half of a sentence. */
      reason: string;
      /** What would have changed it, as the second half. */
      otherwise: string;
    }
  /** Nothing to judge yet; it may still come. The reason is the first half of a sentence. */
  | { status: "missing"; reason: string }
  /** Nothing to judge, and waiting would not help: an expression that runs too long. */
  | { status: "broken"; reason: string; otherwise: string };
