import { labelsSchema, MODEL_VERSION_STATES, nameSchema } from "@sluice/core";
import { z } from "zod";

/** What the model endpoints read and answer. Numbers for ids, names with underscores and times without a zone (UTC) are the document's. */

const LARGEST_ID = 9_007_199_254_740_991;
export const numberId = z.coerce.number().int().min(1).max(LARGEST_ID);
export const idParams = z.strictObject({ id: numberId });

export const plainTime = (at: Date): string => at.toISOString().slice(0, 19);
export const time = z.string().meta({ description: "UTC, without a zone", examples: ["2024-01-01T00:00:00"] });

const versionName = z
  .string()
  .regex(
    /^[A-Za-z0-9][-A-Za-z0-9._+]{0,127}$/,
    "1 to 128 of letters, digits, '.', '_', '+' and '-', not beginning with a sign",
  );

export const registerModelBody = z
  .strictObject({
    project: nameSchema.optional(),
    name: nameSchema,
    description: z.string().max(10_000).default(""),
    labels: labelsSchema,
  })
  .meta({ id: "RegisterModel", examples: [{ name: "iris", description: "Tells flowers apart by four measures" }] });

export const registerVersionBody = z
  .strictObject({
    version: versionName.optional().meta({ description: "Default: the next number" }),
  })
  .meta({ id: "RegisterModelVersion", examples: [{ version: "1" }] });

export const modelView = z
  .object({
    id: z.int(),
    name: z.string(),
    description: z.string(),
    project: z.string(),
    created_at: time,
    created_by: z.string(),
  })
  .meta({
    id: "Model",
    examples: [
      {
        id: 1,
        name: "iris",
        description: "Tells flowers apart by four measures",
        project: "default",
        created_at: "2024-01-01T00:00:00",
        created_by: "local",
      },
    ],
  });

export const modelVersionView = z
  .object({
    id: z.int(),
    model_id: z.int(),
    model: z.string(),
    version: z.string(),
    status: z
      .enum(MODEL_VERSION_STATES)
      .meta({ description: "Only READY versions are deployed, and they never change" }),
    reason: z.string().nullable().meta({ description: "Why it is FAILED" }),
    s3_path: z.string().nullable().meta({ description: "Where its files are; null until it is READY" }),
    runtime: z
      .string()
      .nullable()
      .meta({ description: "`onnx`, `joblib`, or `none` where nothing here can serve the files" }),
    files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })),
    created_at: time,
    updated_at: time,
    created_by: z.string(),
  })
  .meta({
    id: "ModelVersion",
    examples: [
      {
        id: 1,
        model_id: 1,
        model: "iris",
        version: "1",
        status: "READY",
        reason: null,
        s3_path: "s3://models/default/iris/1",
        runtime: "joblib",
        files: [
          {
            name: "model.joblib",
            bytes: 912,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          },
        ],
        created_at: "2024-01-01T00:00:00",
        updated_at: "2024-01-01T00:00:05",
        created_by: "local",
      },
    ],
  });
