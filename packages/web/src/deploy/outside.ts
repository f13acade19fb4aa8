import { newKey, numberOf, type Pair, share, valuesOf } from "./text.ts";
import type { Analysis } from "./types.ts";

type Outside = Extract<NonNullable<Analysis["metrics"]>[number], { source: unknown }>;
type Source = Exclude<Outside["source"], "evaluations">;

export const SOURCE_LABELS: Readonly<Record<Source["type"], string>> = {
  prometheus: "Prometheus",
  webhook: "An address that answers with JSON",
  file: "A file on the server",
  evaluations: "Evaluations of the versions",
};

export const JUDGE_LABELS = {
  "mann-whitney": "Against stable, value by value",
  "balanced-bets": "Against stable, as scores from 0 to 1",
  threshold: "By limits alone",
} as const;

/** A metric that is not measured by the gateway, as it is written. */
export interface OutsideDraft {
  /** Tells metrics apart while they are written; no part of what is sent. */
  key: string;
  name: string;
  source: Source["type"];
  /** Of Prometheus, or the address that is asked. */
  address: string;
  query: string;
  jsonPath: string;
  headers: readonly Pair[];
  /** Of a file. */
  path: string;
  column: string;
  /** Of evaluations; empty: all of them. */
  dataset: string;
  judge: keyof typeof JUDGE_LABELS;
  direction: "increase" | "decrease" | "either";
  min: string;
  max: string;
  /** Percent of stable's median. */
  tolerance: string;
  /** Percent. */
  confidence: string;
  /** How far scores may fall, from 0 to 1. */
  maxDecrease: string;
  failureLimit: string;
  interval: string;
}

export const newOutside = (name: string): OutsideDraft => ({
  key: newKey(),
  name,
  source: "prometheus",
  address: "http://",
  query: "",
  jsonPath: "$.value",
  headers: [],
  path: "",
  column: "value",
  dataset: "",
  judge: "mann-whitney",
  direction: "increase",
  min: "",
  max: "",
  tolerance: "10",
  confidence: "98",
  maxDecrease: "0",
  failureLimit: "1",
  interval: "10",
});

/** Another source is judged as its values are: scores of evaluations as scores. */
export const withSource = (draft: OutsideDraft, source: OutsideDraft["source"]): OutsideDraft => ({
  ...draft,
  source,
  judge: source === "evaluations" ? "balanced-bets" : draft.judge === "balanced-bets" ? "mann-whitney" : draft.judge,
});

/** As the API takes it. */
export const outsideOf = (draft: OutsideDraft): Outside => ({
  name: draft.name.trim(),
  source: sourceOf(draft),
  judge: draft.judge,
  ...limitsOf(draft),
  intervalSeconds: numberOf(draft.interval),
});

function sourceOf(draft: OutsideDraft): Source {
  const headers = valuesOf(draft.headers);
  const asked = Object.keys(headers).length > 0 ? { headers } : {};
  switch (draft.source) {
    case "prometheus":
      return { type: "prometheus", address: draft.address.trim(), query: draft.query.trim(), ...asked };
    case "webhook":
      return { type: "webhook", url: draft.address.trim(), jsonPath: draft.jsonPath.trim(), ...asked };
    case "file":
      return { type: "file", path: draft.path.trim(), column: draft.column.trim() };
    case "evaluations":
      return { type: "evaluations", ...(draft.dataset.trim() !== "" && { dataset: draft.dataset.trim() }) };
  }
}

function limitsOf(draft: OutsideDraft): Partial<Outside> {
  const { judge, direction, min, max, tolerance, confidence, maxDecrease, failureLimit } = draft;
  switch (judge) {
    case "threshold":
      return {
        ...(min.trim() !== "" && { min: numberOf(min) }),
        ...(max.trim() !== "" && { max: numberOf(max) }),
        failureLimit: numberOf(failureLimit),
      };
    case "mann-whitney":
      return { direction, tolerance: share(tolerance), confidence: share(confidence) };
    case "balanced-bets":
      return { maxDecrease: numberOf(maxDecrease), ...(min.trim() !== "" && { min: numberOf(min) }) };
  }
}
