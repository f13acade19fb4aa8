import { z } from "zod";
import { DATATYPES } from "../tensor/datatype.ts";

/** Requests and answers of the Open Inference Protocol, version 2, over JSON. */

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();
const name = z.string().min(1).max(1_024);

export const inferBody = z.strictObject({
  id: z.string().max(1_024).optional(),
  parameters,
  inputs: z
    .array(
      z.strictObject({
        name,
        shape: z.array(z.int().min(0)).max(16),
        datatype: z.enum(DATATYPES),
        parameters,
        data: z.array(z.unknown()),
      }),
    )
    .min(1)
    .max(1_000),
  outputs: z.array(z.strictObject({ name, parameters })).max(1_000).optional(),
});

export const predictBody = z
  .strictObject({
    instances: z.array(z.unknown()).min(1).optional(),
    inputs: z.unknown().optional(),
  })
  .refine(({ instances, inputs }) => (instances === undefined) !== (inputs === undefined), {
    message: "exactly one of `instances` (a list with one entry for each prediction) and `inputs` (whole tensors)",
  });
