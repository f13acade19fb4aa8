import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const selectionSchema = z.object({
  rankBy: z.enum(["cpu", "memory"]),
  limit: z.union([z.object({ programs: z.number() }), z.object({ series: z.number() })]),
  always: z.array(z.string()),
  refreshSeconds: z.number(),
});

/** What the server writes for one revision: all that its collectors need. */
export const revisionFileSchema = z.object({
  /** The program: an absolute path, or a name that is found on PATH. */
  otelcol: z.string(),
  collector: z.record(z.string(), z.unknown()),
  selection: selectionSchema.nullable(),
  collectHost: z.boolean(),
  maxErrorRate: z.number(),
  intervalSeconds: z.number(),
  /** What the collector may use before it refuses data. */
  memoryMib: z.number(),
  /** Processors that it may keep busy; null: all. */
  cpus: z.number().nullable(),
});

export type RevisionFile = z.infer<typeof revisionFileSchema>;
export type Selection = z.infer<typeof selectionSchema>;

/** What the server writes for the whole deployment, and again whenever nodes or rollouts change. */
export const planFileSchema = z.object({
  nodes: z.array(z.string()),
  replicas: z.number(),
  leading: z.number().nullable(),
});

export const revisionFile = (folder: string, revision: number): string => join(folder, `revision-${revision}.json`);
export const planFile = (folder: string): string => join(folder, "plan.json");
export const boardFile = (folder: string): string => join(folder, "board.db");

export async function readPlan(folder: string): Promise<z.infer<typeof planFileSchema>> {
  return planFileSchema.parse(JSON.parse(await readFile(planFile(folder), "utf8")));
}

export async function readRevision(file: string): Promise<RevisionFile> {
  return revisionFileSchema.parse(JSON.parse(await readFile(file, "utf8")));
}
