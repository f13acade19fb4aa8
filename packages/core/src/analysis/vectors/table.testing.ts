import type { OutcomeTable } from "../fisher.ts";

/** A batch as the reference writes it: errors and requests of the candidate, then of stable. */
export const tableOf = ([k_c = 0, n_c = 0, k_s = 0, n_s = 0]: readonly number[]): OutcomeTable => ({
  candidateErrors: k_c,
  candidateRequests: n_c,
  stableErrors: k_s,
  stableRequests: n_s,
});
