import { z } from "zod";

const event = z.object({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
  limit: z.string().optional(),
});

const severity = z.object({ type: z.string(), score: z.string() });

const rated = z.object({ severity: z.unknown() }).partial().nullish();

/** The part of an OSV entry that a look-up needs (schema 1.7, https://ossf.github.io/osv-schema); the rest is not read. */
export const osvSchema = z.object({
  id: z.string().min(1).max(255),
  aliases: z.array(z.string()).nullish(),
  withdrawn: z.string().nullish(),
  severity: z.array(severity).nullish(),
  database_specific: rated,
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string() }).nullish(),
        ranges: z.array(z.object({ type: z.string(), events: z.array(event) })).nullish(),
        versions: z.array(z.string()).nullish(),
        severity: z.array(severity).nullish(),
        ecosystem_specific: rated,
        database_specific: rated,
      }),
    )
    .nullish(),
});

export type OsvEntry = z.infer<typeof osvSchema>;
export type OsvAffected = NonNullable<OsvEntry["affected"]>[number];
