import type { TestOptions } from "../candidate-test/test-options.schema.ts";
import type { Weight } from "../traffic/split.ts";
import type { AnalysisOptions } from "./analysis.schema.ts";

/** Every strategy compiles to these steps and nothing else (ARCHITECTURE §3). Weights are hundredths of a percent. */
export type Step =
  | { type: "setWeight"; weight: Weight }
  | { type: "wait"; seconds: number }
  | { type: "wait"; approval: true; approvals?: number | undefined; expiresSeconds?: number | undefined }
  /** Stay for at least this long and go on only if there was traffic to judge. */
  | { type: "analyze"; seconds: number }
  | { type: "mirror"; weight: Weight }
  | { type: "match"; headers: Record<string, string>; cookies: Record<string, string>; region?: string | undefined }
  /** Candidate replicas as a share of the wanted number, rounded up, at least 1. */
  | { type: "scale"; percentage: number }
  /** All traffic to the candidate at once. */
  | { type: "switch" }
  | { type: "hook"; url: string; timeoutSeconds: number }
  /** A rollout of its own at each of these targets, so many at once. `seconds`: the least that this takes by plan. */
  | { type: "wave"; targets: string[]; maxParallel: number; seconds: number };

export type StepType = Step["type"];

interface StrategyCommon {
  autoRollback: boolean;
  onFailure: "rollback" | "pause" | "freeze";
  tests: TestOptions | null;
  holdbackPercentage: number;
  monitoringSeconds: number;
  onConflict: "supersede" | "queue" | "reject";
  analysis: AnalysisOptions;
  /** How long the old revision stays warm after completion. */
  keepStableSeconds: number;
}

export interface MatchInput {
  header?: Record<string, string> | undefined;
  cookie?: Record<string, string> | undefined;
  region?: string | undefined;
}

/** The steps as a user writes them, weights in percent. */
export type StepInput =
  | { setWeight: number }
  | {
      wait:
        | { seconds: number }
        | { approval: true; approvals?: number | undefined; expiresSeconds?: number | undefined };
    }
  | { analyze: { seconds: number } }
  | { mirror: { percentage: number } }
  | { match: MatchInput }
  | { scale: { percentage: number } }
  | { switch: true }
  | { hook: { url: string; timeoutSeconds?: number | undefined } };

/** What of a shadow's answers is compared with those that callers got, besides status and latency. */
export interface ShadowComparison {
  bodies: "none" | "exact" | "json";
  ignore: string[];
}

/** What each type of strategy has of its own. Percentages, not hundredths: this is what the user reads back. */
type StrategyForm =
  | { type: "immediate" }
  | { type: "gradual"; initialPercentage: number; increment: number; intervalSeconds: number }
  | { type: "canary"; initialPercentage: number; bakeSeconds: number; steps: StepInput[] | null }
  | { type: "blue-green"; previewRoute: string | null }
  | { type: "shadow"; mirrorPercentage: number; durationSeconds: number; compare: ShadowComparison }
  | {
      type: "ab";
      percentage: number;
      match: MatchInput | null;
      durationSeconds: number;
      goal: string | null;
      promoteWinner: boolean;
    };

/** As validated, with every default filled in. */
export type Strategy = StrategyCommon & StrategyForm;

/** As much of a strategy as its steps follow from. */
export type StrategyShape = Pick<StrategyCommon, "holdbackPercentage"> & StrategyForm;

export type StrategyType = Strategy["type"];
