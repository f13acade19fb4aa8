import type { Weight } from "../traffic/split.ts";

/** Every strategy compiles to these steps and nothing else (ARCHITECTURE §3). Weights are hundredths of a percent. */
export type Step =
  | { type: "setWeight"; weight: Weight }
  | { type: "wait"; seconds: number }
  | { type: "wait"; approval: true }
  /** Stay for at least this long and go on only if there was traffic to judge. */
  | { type: "analyze"; seconds: number }
  | { type: "mirror"; weight: Weight }
  | { type: "match"; headers: Record<string, string>; cookies: Record<string, string> }
  /** Candidate replicas as a share of the wanted number, rounded up, at least 1. */
  | { type: "scale"; percentage: number }
  /** All traffic to the candidate at once. */
  | { type: "switch" }
  | { type: "hook"; url: string; timeoutSeconds: number };

export type StepType = Step["type"];

export interface AnalysisOptions {
  /** α of the whole rollout: the chance that a candidate no worse than stable is rolled back. Default 0.01. */
  falseRollbackRate: number;
  metrics: {
    name: "error_rate" | "latency";
    maxRelativeIncrease?: number | undefined;
    maxIncreaseMs?: number | undefined;
  }[];
  /** What a step does when nothing could be judged in its time. */
  onNoData: "hold" | "promote" | "rollback";
  /** Requests of each arm below which a step has "no data". */
  minimumSamples: number;
  /** How long `hold` may last before the rollout is rolled back. */
  maxHoldSeconds: number;
}

interface StrategyCommon {
  autoRollback: boolean;
  monitoringSeconds: number;
  onConflict: "supersede" | "queue" | "reject";
  analysis: AnalysisOptions;
  /** How long the old revision stays warm after completion. */
  keepStableSeconds: number;
}

/** The steps as a user writes them, weights in percent. */
export type StepInput =
  | { setWeight: number }
  | { wait: { seconds: number } | { approval: true } }
  | { analyze: { seconds: number } }
  | { mirror: { percentage: number } }
  | { match: { header?: Record<string, string> | undefined; cookie?: Record<string, string> | undefined } }
  | { scale: { percentage: number } }
  | { switch: true }
  | { hook: { url: string; timeoutSeconds?: number | undefined } };

/** As validated, with every default filled in. Percentages, not hundredths: this is what the user reads back. */
export type Strategy = StrategyCommon &
  (
    | { type: "immediate" }
    | { type: "gradual"; initialPercentage: number; increment: number; intervalSeconds: number }
    | { type: "canary"; initialPercentage: number; bakeSeconds: number; steps: StepInput[] | null }
    | { type: "blue-green"; previewRoute: string | null }
    | { type: "shadow"; mirrorPercentage: number; durationSeconds: number }
    | {
        type: "ab";
        percentage: number;
        match: { header?: Record<string, string> | undefined; cookie?: Record<string, string> | undefined } | null;
        durationSeconds: number;
        goal: string | null;
        promoteWinner: boolean;
      }
  );

export type StrategyType = Strategy["type"];
