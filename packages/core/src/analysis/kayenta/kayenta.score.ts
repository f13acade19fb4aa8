import type { Classification } from "../comparison.types.ts";
import type { KayentaMend } from "./kayenta.options.ts";

export interface ScoredMetric {
  name: string;
  classification: Classification;
  groups: readonly string[];
  /** It failed beyond its critical thresholds, or is critical and has no data. */
  critical: boolean;
  /** Looked at and left out of the score. */
  muted?: boolean;
}

export interface Score {
  /** 0 to 100, two decimals. */
  score: number;
  groups: { name: string; score: number; metrics: number }[];
  /** Why it is 0, when a rule made it so. */
  reason: string | null;
}

/** From this share of metrics without data on there is no telling, and the score is 0. */
const MOST_WITHOUT_DATA = 0.5;

/**
 * The weighted score of Kayenta: per group the share of metrics that passed, summed by the groups' weights; groups without a weight
 * divide what is left of 100. `weights` are percentages by group. A critical failure, or half of the metrics without data,
 * make it 0. `Error` counts nowhere, unless `error-fails` is mended.
 */
export function weightedScore(
  metrics: readonly ScoredMetric[],
  weights: Readonly<Record<string, number>> = {},
  mends: readonly KayentaMend[] = [],
): Score {
  const heard = metrics.filter(({ muted }) => muted !== true);
  const silent = heard.filter(({ classification }) => classification === "Nodata").length;
  const tooSilent = heard.length > 0 && silent >= MOST_WITHOUT_DATA * heard.length;
  const names = [...new Set(heard.flatMap(({ groups }) => groups))];
  const groups = names.map((name) => {
    const members = heard.filter((metric) => metric.groups.includes(name));
    return { name, score: groupScore(members, tooSilent, mends), metrics: members.length };
  });
  const failed = heard.find(({ critical, classification }) => critical && classification !== "Pass");
  if (failed !== undefined) return { score: 0, groups, reason: `the critical metric ${failed.name} failed` };
  if (tooSilent) return { score: 0, groups, reason: `${silent} of ${heard.length} metrics have no data` };

  const weighted = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const unweighted = names.filter((name) => weights[name] === undefined).length;
  const rest = unweighted > 0 ? (100 - weighted) / unweighted : 0;
  const sum = groups.reduce((total, group) => total + group.score * ((weights[group.name] ?? rest) / 100), 0);
  return { score: Math.round(sum * 100) / 100, groups, reason: null };
}

function groupScore(members: readonly ScoredMetric[], tooSilent: boolean, mends: readonly KayentaMend[]): number {
  const failures: Classification[] = ["High", "Low", "NodataFailMetric"];
  if (mends.includes("error-fails")) failures.push("Error");
  const passed = members.filter(({ classification }) => classification === "Pass").length;
  const failed = members.filter(({ classification }) => failures.includes(classification)).length;
  if (passed + failed === 0) return tooSilent ? 0 : 100;
  return (100 * passed) / (passed + failed);
}

export type ScoreVerdict = "Pass" | "Marginal" | "Fail";

/** Thresholds 0 to 100; without `pass` everything passes that is not marginal, without either everything. */
export function scoreVerdict(
  score: number,
  thresholds: { pass: number | null; marginal: number | null },
): ScoreVerdict {
  const pass = thresholds.pass ?? thresholds.marginal ?? 0;
  if (score >= pass) return "Pass";
  return score >= (thresholds.marginal ?? pass) ? "Marginal" : "Fail";
}
