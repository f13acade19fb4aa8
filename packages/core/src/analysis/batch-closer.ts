/** Slack for a weight such as 1 − 0.9, which is not exactly a tenth. */
const ROUNDING = 1e-9;

/**
 * When the requests gathered so far are worth judging (ANALYSIS §2.1): both arms are there, and together they are at
 * least `need / min(w, 1 − w)`, w being the candidate's nominal share of the traffic. The rule looks at the arms' sizes
 * and never at outcomes, or the evidence would not be valid. At w = 0 or 1 there is nothing to compare, and no batch
 * is ever complete.
 */
export function isBatchComplete(sizes: { candidate: number; stable: number }, share: number, need = 1): boolean {
  const rarer = Math.min(share, 1 - share);
  if (!(rarer > 0) || sizes.candidate < 1 || sizes.stable < 1) return false;
  return sizes.candidate + sizes.stable >= (need / rarer) * (1 - ROUNDING);
}
