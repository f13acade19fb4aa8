import type { Instant, Workload } from "@sluice/core";
import { z } from "zod";
import { workloadSchema } from "./workload.schema.ts";

/** What is wanted of one revision, as it is kept on disk. */
export const wishSchema = z.object({
  workload: workloadSchema,
  removed: z.boolean(),
  /** Grows with every restart; instances of an older one are replaced. */
  generation: z.number(),
  /** Fence of the last restart: the same restart asked for twice happens once. */
  restartFence: z.number().nullable(),
  /** Since when it is not available without progress, and the most instances that were ready since; null while available. */
  waiting: z.object({ since: z.number(), ready: z.number() }).nullable(),
});

export const deploymentStateSchema = z.object({
  deployment: z.string(),
  /** Highest fencing token seen. */
  fence: z.number(),
  wishes: z.array(wishSchema),
});

export type Wish = z.infer<typeof wishSchema>;
export type DeploymentState = z.infer<typeof deploymentStateSchema>;

/** The wish after an `apply`. The deadline starts anew when more is wanted than before. */
export function applied(previous: Wish | undefined, workload: Workload, now: Instant): Wish {
  const fresh = { since: now, ready: 0 };
  if (previous === undefined) return { workload, removed: false, generation: 0, restartFence: null, waiting: fresh };
  const more = previous.removed || workload.replicas > previous.workload.replicas;
  return { ...previous, workload, removed: false, waiting: more ? fresh : previous.waiting };
}

export const restarted = (wish: Wish, fence: number, now: Instant): Wish =>
  wish.restartFence === fence
    ? wish
    : { ...wish, generation: wish.generation + 1, restartFence: fence, waiting: { since: now, ready: 0 } };

export const removed = (wish: Wish): Wish => ({ ...wish, removed: true, waiting: null });

export const wanted = (wish: Wish): number => (wish.removed ? 0 : wish.workload.replicas);
