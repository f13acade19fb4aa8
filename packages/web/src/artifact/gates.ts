import type { Gate } from "@sluice/client";
import { SIGNS } from "../format/comparison.ts";
import { span } from "../format/time.ts";
import { metricLabel, writerOf } from "./evaluations.ts";

type Condition = Gate["conditions"][number];

/** What a condition wants, in a line: `p95 on smoke ≤ 800 ms`. */
export function wanted(condition: Condition): string {
  if (condition.type === "custom") {
    return condition.expression ?? `an answer of ${condition.webhook?.url ?? "a webhook"}`;
  }
  const { metric = "score", operator = "gte", threshold, dataset } = condition;
  const write = writerOf(metric);
  const where = dataset === undefined ? "in tests of the candidate" : `on ${dataset}`;
  return `${metricLabel(metric)} ${where} ${SIGNS[operator]} ${write(threshold)}`;
}

/** Which rollouts a gate is asked in, in a sentence. */
export function asked({ artifact, environment, kind }: Pick<Gate, "artifact" | "environment" | "kind">): string {
  const what = artifact ?? (kind == null ? "everything" : `every artifact of kind ${kind}`);
  return `Asked of ${what} in ${environment ?? "every environment"}`;
}

/** How long it waits for figures that are not there yet. */
export const waits = ({ waitSeconds = 0 }: { waitSeconds?: number | undefined }): string =>
  waitSeconds === 0 ? "does not wait for figures" : `waits ${span(waitSeconds * 1_000)} for figures`;
