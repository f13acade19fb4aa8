import { SluiceError } from "@sluice/core/errors";
import { compileSteps } from "@sluice/core/strategy";
import { type Judging, judgingOf, USUAL_JUDGING } from "./judging.ts";
import { type MatchBy, matchOf } from "./match.ts";
import { type Step, type StepDraft, stepInput } from "./step.ts";
import { NO_TESTS, type TestsDraft, testsOf } from "./tests.ts";
import { numberOf } from "./text.ts";
import type { StrategyInput, StrategyType } from "./types.ts";

export const STRATEGY_LABELS: Readonly<Record<StrategyType, string>> = {
  immediate: "Immediate: all callers at once",
  gradual: "Gradual: more and more callers",
  canary: "Canary: few callers, compared, then all",
  "blue-green": "Blue-green: looked at beside stable, then switched",
  shadow: "Shadow: copies of requests, callers see none of it",
  ab: "A/B: both for a while, by share or by header",
};

export const STRATEGY_TYPES = Object.keys(STRATEGY_LABELS).filter(
  (type): type is StrategyType => type in STRATEGY_LABELS,
);

/** A strategy as it is written: every field holds the text that stands in it. */
export interface StrategyDraft {
  /** Null: the environment's usual one. */
  type: StrategyType | null;
  initialPercentage: string;
  increment: string;
  intervalSeconds: string;
  bakeSeconds: string;
  /** Of a canary; null: those that follow from its percentage. */
  steps: readonly StepDraft[] | null;
  previewRoute: string;
  mirrorPercentage: string;
  bodies: "none" | "exact" | "json";
  /** Parts of answers that may differ, as JSON pointers, one a line. */
  ignore: string;
  durationSeconds: string;
  percentage: string;
  /** By what callers of an A/B test are told. */
  matchBy: MatchBy | "share";
  matchName: string;
  matchValue: string;
  goal: string;
  promoteWinner: boolean;
  monitoringSeconds: string;
  holdbackPercentage: string;
  onFailure: "rollback" | "pause" | "freeze";
  onConflict: "supersede" | "queue" | "reject";
  autoRollback: boolean;
  /** Empty: what the API takes for the type. */
  keepStableSeconds: string;
  judging: Judging;
  tests: TestsDraft;
}

/** What the API takes where nothing is said. */
export const USUAL: StrategyDraft = {
  type: null,
  initialPercentage: "5",
  increment: "10",
  intervalSeconds: "300",
  bakeSeconds: "300",
  steps: null,
  previewRoute: "",
  mirrorPercentage: "100",
  bodies: "none",
  ignore: "",
  durationSeconds: "600",
  percentage: "50",
  matchBy: "share",
  matchName: "x-group",
  matchValue: "b",
  goal: "",
  promoteWinner: false,
  monitoringSeconds: "0",
  holdbackPercentage: "0",
  onFailure: "rollback",
  onConflict: "supersede",
  autoRollback: true,
  keepStableSeconds: "",
  judging: USUAL_JUDGING,
  tests: NO_TESTS,
};

/** Fields that mean something else in another strategy begin anew with it. */
export const withType = (draft: StrategyDraft, type: StrategyType | null): StrategyDraft => ({
  ...draft,
  type,
  steps: null,
  initialPercentage: type === "gradual" ? "10" : "5",
  durationSeconds: type === "ab" ? "86400" : "600",
});

/** What only this type has. */
function shapeOf(draft: StrategyDraft, type: StrategyType) {
  switch (type) {
    case "immediate":
      return { type };
    case "gradual":
      return {
        type,
        initialPercentage: numberOf(draft.initialPercentage),
        increment: numberOf(draft.increment),
        intervalSeconds: numberOf(draft.intervalSeconds),
      };
    case "canary":
      return {
        type,
        ...(draft.steps === null
          ? { initialPercentage: numberOf(draft.initialPercentage), bakeSeconds: numberOf(draft.bakeSeconds) }
          : { steps: draft.steps.map(stepInput) }),
      };
    case "blue-green":
      return { type, ...(draft.previewRoute.trim() !== "" && { previewRoute: draft.previewRoute.trim() }) };
    case "shadow":
      return {
        type,
        mirrorPercentage: numberOf(draft.mirrorPercentage),
        durationSeconds: numberOf(draft.durationSeconds),
        ...(draft.bodies !== "none" && { compare: { bodies: draft.bodies, ...ignoredOf(draft) } }),
      };
    case "ab":
      return {
        type,
        ...(draft.matchBy === "share"
          ? { percentage: numberOf(draft.percentage) }
          : { match: matchOf(draft.matchBy, draft.matchName, draft.matchValue) }),
        durationSeconds: numberOf(draft.durationSeconds),
        ...(draft.goal.trim() !== "" && { goal: draft.goal.trim() }),
        ...(draft.promoteWinner && { promoteWinner: true }),
      };
  }
}

function ignoredOf({ bodies, ignore }: StrategyDraft): { ignore?: string[] } {
  const pointers = ignore.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  return bodies === "json" && pointers.length > 0 ? { ignore: pointers } : {};
}

/** As the API takes it, without what it would take anyway; undefined: the environment's usual one. */
export function strategyOf(draft: StrategyDraft): StrategyInput | undefined {
  if (draft.type === null) return undefined;
  const analysis = judgingOf(draft.judging);
  const tests = testsOf(draft.tests);
  return {
    ...shapeOf(draft, draft.type),
    ...(draft.monitoringSeconds !== USUAL.monitoringSeconds && {
      monitoringSeconds: numberOf(draft.monitoringSeconds),
    }),
    ...(draft.holdbackPercentage !== USUAL.holdbackPercentage && {
      holdbackPercentage: numberOf(draft.holdbackPercentage),
    }),
    ...(draft.onFailure !== USUAL.onFailure && { onFailure: draft.onFailure }),
    ...(draft.onConflict !== USUAL.onConflict && { onConflict: draft.onConflict }),
    ...(!draft.autoRollback && { autoRollback: false }),
    ...(draft.keepStableSeconds.trim() !== "" && { keepStableSeconds: numberOf(draft.keepStableSeconds) }),
    ...(analysis !== undefined && { analysis }),
    ...(tests !== undefined && { tests }),
  };
}

/** The steps that it comes to, or why it comes to none. `usual` is what the environment does when nothing is said. */
export function stepsOf(draft: StrategyDraft, usual: StrategyType): { steps: Step[] } | { problem: string } {
  const type = draft.type ?? usual;
  const shape = {
    initialPercentage: numberOf(draft.initialPercentage),
    increment: numberOf(draft.increment),
    intervalSeconds: numberOf(draft.intervalSeconds),
    bakeSeconds: numberOf(draft.bakeSeconds),
    steps: draft.type === null || draft.steps === null ? null : draft.steps.map(stepInput),
    previewRoute: draft.previewRoute.trim() || null,
    mirrorPercentage: numberOf(draft.mirrorPercentage),
    durationSeconds: numberOf(draft.durationSeconds),
    compare: { bodies: draft.bodies, ignore: [] },
    percentage: numberOf(draft.percentage),
    match: draft.matchBy === "share" ? null : matchOf(draft.matchBy, draft.matchName, draft.matchValue),
    goal: draft.goal.trim() || null,
    promoteWinner: draft.promoteWinner,
    holdbackPercentage: numberOf(draft.holdbackPercentage),
  };
  try {
    return { steps: compileSteps({ ...shape, type }) };
  } catch (error) {
    if (error instanceof SluiceError) return { problem: error.message };
    throw error;
  }
}
