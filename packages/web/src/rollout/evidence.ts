import type { Rollout } from "@sluice/client";

type Analysis = NonNullable<Rollout["analysis"]>;

/** How far the evidence has come on its way from none (1×) to what turns the rollout back: from 0 to 1. */
export function closeness({ evidence, threshold }: Pick<Analysis, "evidence" | "threshold">): number {
  if (threshold <= 1) return evidence >= threshold ? 1 : 0;
  return Math.min(1, Math.max(0, Math.log(evidence) / Math.log(threshold)));
}

/** Requests (or whatever else is counted) of the candidate that were judged. */
export const judged = ({ metrics }: Pick<Analysis, "metrics">): number =>
  Math.max(0, ...metrics.map(({ samples }) => samples.candidate));

/** The metrics that the verdict's own sentence says nothing of: each begins with the name by which both speak of it. */
export const unspoken = ({ message, metrics }: Pick<Analysis, "message" | "metrics">): Analysis["metrics"] =>
  metrics.filter((metric) => !message.includes(metric.message.replace(/:.*$/s, ":")));

/** What the server says in the middle of its sentences, as one of its own. */
export const asSentence = (text: string): string =>
  text === "" ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;

/**
 * What is said of a rollout, without the verdict that ends it while it goes on: that stands beside its curve, and changes with
 * every request, which nobody wants to be read aloud.
 */
export const course = (explanation: string, analysis: Pick<Analysis, "message"> | null): string =>
  analysis === null ? explanation : explanation.replace(`; ${analysis.message}`, "");
