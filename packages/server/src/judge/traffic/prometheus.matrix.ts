import { z } from "zod";
import type { Arm, RawSeries } from "./counter.ledger.ts";

const point = z.tuple([z.number(), z.string()]);
const answerSchema = z.union([
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(point).default([]) })),
    }),
  }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

export type MatrixAnswer = RawSeries[] | { problem: string };

/** The samples that an answer to a range vector has, as they were scraped. */
export function readMatrix(status: number, text: string, arm: Arm, what: RawSeries["what"]): MatrixAnswer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { problem: `answered ${status} with something that is not JSON` };
  }
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { problem: `answered ${status}, and not as Prometheus does` };
  const answer = parsed.data;
  if (answer.status === "error")
    return { problem: `answered ${status}: ${answer.errorType}: ${answer.error.slice(0, 200)}` };
  if (status !== 200) return { problem: `answered ${status}` };
  return answer.data.result.map(({ metric, values }) => ({
    ...{ arm, what, labels: metric },
    samples: values.map(([at, value]): [number, number] => [Math.round(at * 1_000), Number(value)]),
  }));
}
