import type { CollectorFigures, WorkloadStatus } from "@sluice/core";
import { z } from "zod";

const figuresSchema = z.object({
  node: z.string(),
  replica: z.number(),
  role: z.enum(["active", "standby"]),
  cardinality: z.number(),
  pointsPerMinute: z.number(),
  attempted: z.number(),
  failed: z.number(),
}) satisfies z.ZodType<CollectorFigures>;

export interface InstanceFigures {
  /** Of a deployment at several targets: which; else null. */
  target: string | null;
  revision: number;
  ready: boolean;
  /** Null: it did not answer. */
  figures: CollectorFigures | null;
}

const MOST_MS = 1_500;
const MOST_BYTES = 262_144;

/** What the collectors of a deployment tell of themselves, all asked at once. One that does not answer is left out. */
export const readFigures = (
  statuses: readonly WorkloadStatus[],
  target: string | null = null,
): Promise<InstanceFigures[]> =>
  Promise.all(
    statuses.flatMap(({ revision, instances }) =>
      instances.map(async ({ address, state }) => ({
        target,
        revision,
        ready: state === "ready",
        figures: address === null ? null : await ask(address),
      })),
    ),
  );

async function ask({ host, port }: { host: string; port: number }): Promise<CollectorFigures | null> {
  try {
    const response = await fetch(`http://${host}:${port}/figures`, { signal: AbortSignal.timeout(MOST_MS) });
    const text = await response.text();
    if (!response.ok || text.length > MOST_BYTES) return null;
    return figuresSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Between two looks an instance may end, start, or be something else altogether.
    return null;
  }
}
