import { BATCH_FORMATS, BATCH_STATES } from "@sluice/core";
import { z } from "zod";
import { numberId, time } from "../model.schema.ts";

const common = {
  format: z.enum(BATCH_FORMATS).optional().meta({ description: "Default: by the ending of the file's name" }),
  batch_size: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(32)
    .meta({ description: "Lines of one request to the model" }),
  concurrency: z.coerce.number().int().min(1).max(64).default(4).meta({ description: "Requests at once" }),
};

export const batchBody = z
  .strictObject({ deployment_id: z.int().min(1), input: z.string().min(1).max(2_048), ...common })
  .meta({ id: "CreateBatch", examples: [{ deployment_id: 1, input: "s3://models/default/inputs/flowers.csv" }] });

/** The fields of a form, where everything is text. */
export const batchFields = z.strictObject({ deployment_id: numberId, ...common });

export const batchView = z
  .object({
    id: z.int(),
    deployment_id: z.int(),
    status: z.enum(BATCH_STATES),
    reason: z.string().nullable(),
    input: z.string(),
    output: z.string(),
    format: z.enum(BATCH_FORMATS),
    lines: z.int().meta({ description: "Lines that have a result" }),
    failed_lines: z.int().meta({ description: "Those of them whose result is an error" }),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    created_by: z.string(),
  })
  .meta({
    id: "Batch",
    examples: [
      {
        id: 1,
        deployment_id: 1,
        status: "completed",
        reason: null,
        input: "s3://models/default/inputs/flowers.csv",
        output: "s3://models/default/batches/1/output.ndjson",
        format: "csv",
        lines: 150,
        failed_lines: 0,
        created_at: "2024-01-01T00:00:00",
        started_at: "2024-01-01T00:00:00",
        finished_at: "2024-01-01T00:00:02",
        created_by: "local",
      },
    ],
  });
