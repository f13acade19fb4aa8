import type { Classification } from "../comparison.types.ts";
import type { KayentaInterval } from "../kayenta/kayenta.interval.ts";
import { pointsNeeded } from "../rank-sum.ts";
import type { SeriesComparison } from "./compare.types.ts";
import { counted, figure, percentage } from "./figure.ts";

/** What the judge found, before it is put in words. */
export interface Finding {
  classification: Classification;
  critical: boolean;
  interval: KayentaInterval | null;
  /** Shift that is fine, in the metric's unit. */
  tolerated: number;
  /** `same`: nothing to tell apart. `few`: too few points for the confidence. `rare`: by how often it is off its usual value. */
  reason: "same" | "few" | "rare" | { text: string } | null;
}

/** One sentence: what was seen, against what, with how many points, and what would have changed it. */
export function describeComparison(result: Omit<SeriesComparison, "message">, finding: Finding): string {
  const { samples, dropped, median } = result;
  const points = `${counted(samples.candidate, "point")} of the candidate and ${samples.control} of the control`;
  if (median === null) {
    const missing = samples.candidate === 0 ? "candidate" : "control";
    const lost = dropped[missing] > 0 ? ` (${dropped[missing]} of them no numbers)` : "";
    return `No verdict: the ${missing} has no points that are numbers${lost}, with ${points}; at least a few of both are needed`;
  }
  const medians = `the candidate's median is ${figure(median.candidate)} against ${figure(median.control)}`;
  if (finding.reason === "few") {
    return `No verdict: ${points} are too few for an interval of ${level(result)}, whatever they are; ${medians}, and ${pointsNeeded(result.confidence)} of each would do`;
  }
  if (finding.reason === "same") return `No difference: ${medians}, the same values in ${points}`;
  if (result.interval === null) {
    const why =
      typeof finding.reason === "object" && finding.reason !== null ? finding.reason.text : "it was not computed";
    return `${result.classification}: ${why}; ${medians}, with ${points}`;
  }
  const seen = `${medians}, a shift between ${figure(result.interval.low)} and ${figure(result.interval.high)} (${level(result)}) with ${points}`;
  const tolerated = `the tolerated ${figure(finding.tolerated)}`;
  if (finding.reason === "rare") {
    return `${result.classification}: the candidate is off the usual value more often than chance would have it; ${seen}; as often as the control would have passed`;
  }
  switch (result.classification) {
    case "High":
      return `High: ${seen}, beyond ${tolerated}; a lower end of at most that would have passed`;
    case "Low":
      return `Low: ${seen}, beyond ${figure(-finding.tolerated)}; an upper end of at least that would have passed`;
    default:
      return `${result.classification}: ${seen}; only an interval wholly beyond ${tolerated} ${sides(result)} would have failed`;
  }
}

const level = ({ confidence }: Omit<SeriesComparison, "message">): string => percentage(confidence);

const sides = ({ direction }: Omit<SeriesComparison, "message">): string =>
  direction === "either" ? "on either side" : direction === "increase" ? "above" : "below";
