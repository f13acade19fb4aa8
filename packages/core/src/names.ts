import { z } from "zod";

/** Names of projects, environments, artifacts and deployments: they become folders, labels and path segments. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?$/,
    "1 to 63 of a-z, 0-9, '-' and '_', beginning and ending with a letter or digit",
  );

export const labelsSchema = z.record(z.string().min(1).max(63), z.string().max(255)).default({});

/** Names of environment variables. `PORT` and what begins with `SLUICE_` is ours to set. */
export const variableNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a letter or '_' followed by letters, digits or '_'")
  .refine(
    (name) => name !== "PORT" && !name.startsWith("SLUICE_"),
    "any name but PORT and SLUICE_…, which Sluice sets itself",
  );

export const variablesSchema = z.record(variableNameSchema, z.string().max(32_768)).default({});
