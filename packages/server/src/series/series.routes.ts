import { percentFromWeight } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import type { ArmSample, Sample } from "./sample.ts";

const time = z.iso.datetime();

const armView = z.object({
  requests: z.number().int().describe("Since the point before."),
  errors: z.number().int(),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
});

const seriesView = z
  .object({
    points: z.array(
      z.object({
        at: time,
        seconds: z.number().describe("Since the point before."),
        weight: z.number().describe("The candidate's share in percent, as the gateway applies it."),
        stable: armView,
        candidate: armView,
        evidence: z
          .object({ guard: z.number().nullable(), judge: z.number().nullable() })
          .describe("E-values that the candidate is worse; null where nobody judges."),
      }),
    ),
  })
  .meta({ id: "RolloutSeries" });

/** ln e-values above this are shown as if they were this: JSON has no infinity (ANALYSIS §9). */
const MOST_SHOWN = 700;
const eValue = (log: number | null): number | null => (log === null ? null : Math.exp(Math.min(log, MOST_SHOWN)));

const arm = ({ requests, errors, latency }: ArmSample) => ({
  ...{ requests, errors },
  latencyMs: latency && { p50: latency[0], p95: latency[1], p99: latency[2] },
});

const view = ({ at, sample }: { at: Date; sample: Sample }) => ({
  at: at.toISOString(),
  seconds: sample.ms / 1_000,
  weight: percentFromWeight(sample.weight),
  stable: arm(sample.stable),
  candidate: arm(sample.candidate),
  evidence: { guard: eValue(sample.guard), judge: eValue(sample.judge) },
});

export function seriesRoutes(app: App, { rollouts }: Services): void {
  app.get(
    "/v1/rollouts/:id/series",
    {
      schema: {
        operationId: "getRolloutSeries",
        summary: "Read how the traffic of a rollout went",
        description:
          "A point every two seconds, of long rollouts ever fewer; oldest first. Kept for 30 days after the rollout's end. " +
          "Empty where no gateway of ours deals the traffic.",
        tags: ["Rollouts"],
        params: z.strictObject({ id: z.string().min(1).max(64).describe("`rol_…`") }),
        querystring: z.strictObject({
          after: time.optional().describe("Only points after this one: its `at`."),
          limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
        }),
        response: { 200: seriesView },
      },
    },
    async ({ principal, params, query }) => {
      const after = query.after === undefined ? null : new Date(query.after);
      return { points: (await rollouts.series(principal, params.id, after, query.limit)).map(view) };
    },
  );
}
