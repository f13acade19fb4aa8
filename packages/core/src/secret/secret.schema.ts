import { z } from "zod";
import { variableNameSchema } from "../names.ts";

/** What secrets of a project are called. */
export const secretNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
    "1 to 63 of letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
  );

/** One value that a secret has had. Its name alone means the newest when the revision is made. */
const secretVersionSchema = z.strictObject({ name: secretNameSchema, version: z.number().int().min(1) });

/**
 * Variables whose values are secrets, by name. A revision keeps which value of each it was made with: a rotated secret reaches a
 * program by a rollout like any other change, and goes back with the code that read it (edge case 43).
 */
export const secretReferencesSchema = z.record(variableNameSchema, z.union([secretNameSchema, secretVersionSchema]));

export type SecretVersion = z.infer<typeof secretVersionSchema>;
export type SecretReferences = z.infer<typeof secretReferencesSchema>;

/** References that name the value, those that do not yet by `newest`. */
export const pinned = (references: SecretReferences, newest: (name: string) => number): Record<string, SecretVersion> =>
  Object.fromEntries(
    Object.entries(references).map(([variable, reference]) => [
      variable,
      typeof reference === "string" ? { name: reference, version: newest(reference) } : reference,
    ]),
  );
