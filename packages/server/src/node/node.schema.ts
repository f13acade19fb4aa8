import { z } from "zod";

export const nodeNameSchema = z
  .string()
  .regex(
    /^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/,
    "1 to 63 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit",
  );

const label = {
  key: z.string().regex(/^[A-Za-z0-9]([\w./-]{0,61}[A-Za-z0-9])?$/, "1 to 63 letters, digits, '.', '/', '_' and '-'"),
  value: z.string().regex(/^[\w.:/-]{0,255}$/, "at most 255 letters, digits, '.', ':', '/', '_' and '-'"),
};

export const nodeLabelsSchema = z
  .record(label.key, label.value)
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels");

export const createNodeSchema = z
  .strictObject({ name: nodeNameSchema, labels: nodeLabelsSchema.default({}) })
  .meta({ id: "CreateNode", examples: [{ name: "web-1", labels: { environment: "production", tier: "frontend" } }] });

export const labelNodeSchema = z
  .strictObject({ labels: nodeLabelsSchema })
  .meta({ id: "LabelNode", examples: [{ labels: { environment: "production", tier: "backend" } }] });

export const nodeSchema = z
  .object({
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    local: z.boolean().describe("The machine that the server is on; its labels are set by SLUICE_NODE_LABELS."),
    createdAt: z.iso.datetime().nullable().describe("Null for the machine of the server."),
    createdBy: z.string().nullable(),
  })
  .meta({ id: "Node" });

export type NodeView = z.output<typeof nodeSchema>;
