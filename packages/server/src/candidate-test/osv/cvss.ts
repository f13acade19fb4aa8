/**
 * Base score, 0 to 10, of a CVSS 3.0 or 3.1 vector; null when it is none. Formula and weights: FIRST, "Common Vulnerability
 * Scoring System v3.1: Specification", sections 7.1 and 7.4; rounding by its appendix A.
 */
export function cvss3Score(vector: string): number | null {
  if (!/^CVSS:3\.[01]\//.test(vector) || vector.length > 512) return null;
  const given = new Map(
    vector.split("/").map((part) => {
      const [metric = "", value = ""] = part.split(":", 2);
      return [metric, value] as const;
    }),
  );
  const changed = given.get("S") === "C";
  const weight = (metric: string): number | undefined => {
    const weights = metric === "PR" && changed ? CHANGED_PRIVILEGES : WEIGHTS[metric];
    const value = given.get(metric);
    return value === undefined ? undefined : weights?.[value];
  };
  const [attack, complexity, privileges, interaction] = ["AV", "AC", "PR", "UI"].map(weight);
  const [confidentiality, integrity, availability] = ["C", "I", "A"].map(weight);
  if (attack === undefined || complexity === undefined || privileges === undefined || interaction === undefined) {
    return null;
  }
  if (confidentiality === undefined || integrity === undefined || availability === undefined) return null;
  if (!changed && given.get("S") !== "U") return null;
  const base = 1 - (1 - confidentiality) * (1 - integrity) * (1 - availability);
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * attack * complexity * privileges * interaction;
  return roundUp(Math.min(10, (changed ? 1.08 : 1) * (impact + exploitability)));
}

const IMPACT = { H: 0.56, L: 0.22, N: 0 };

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  PR: { N: 0.85, L: 0.62, H: 0.27 },
  UI: { N: 0.85, R: 0.62 },
  C: IMPACT,
  I: IMPACT,
  A: IMPACT,
};
const CHANGED_PRIVILEGES: Readonly<Record<string, number>> = { N: 0.85, L: 0.68, H: 0.5 };

/** Up to one decimal, on integers, so that 4.02 in binary does not become 4.1 by an error in its last bit. */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}
