import { VULNERABILITY_SEVERITIES, type VulnerabilitySeverity } from "@sluice/core";
import { cvss3Score } from "./cvss.ts";
import type { OsvAffected, OsvEntry } from "./osv.schema.ts";

/** What databases call them. */
const WORDS: Readonly<Record<string, VulnerabilitySeverity>> = {
  low: "low",
  moderate: "medium",
  medium: "medium",
  important: "high",
  high: "high",
  critical: "critical",
};

/** A vulnerability that nobody has rated counts as this. */
export const UNRATED: VulnerabilitySeverity = "high";

/**
 * The worst rating that the entry has for a package: its CVSS 3 vectors and the words of the database. Null when nobody has
 * rated it. A malicious package (`MAL-…`) is critical whatever is written.
 */
export function severityOf(entry: OsvEntry, part: OsvAffected): VulnerabilitySeverity | null {
  if (entry.id.startsWith("MAL-")) return "critical";
  const vectors = [...(entry.severity ?? []), ...(part.severity ?? [])];
  const words = [entry.database_specific, part.database_specific, part.ecosystem_specific].map(
    (place) => place?.severity,
  );
  return worst([
    ...vectors.map(({ score }) => {
      const base = cvss3Score(score);
      return base === null ? null : fromScore(base);
    }),
    ...words.map((word) => (typeof word === "string" ? (WORDS[word.toLowerCase()] ?? null) : null)),
  ]);
}

/** The bands of CVSS 3, section 5; 0, "none", counts as low. */
const fromScore = (score: number): VulnerabilitySeverity =>
  score >= 9 ? "critical" : score >= 7 ? "high" : score >= 4 ? "medium" : "low";

export const worst = (ratings: readonly (VulnerabilitySeverity | null)[]): VulnerabilitySeverity | null =>
  VULNERABILITY_SEVERITIES.findLast((severity) => ratings.includes(severity)) ?? null;

export const atLeast = (severity: VulnerabilitySeverity, limit: VulnerabilitySeverity): boolean =>
  VULNERABILITY_SEVERITIES.indexOf(severity) >= VULNERABILITY_SEVERITIES.indexOf(limit);
