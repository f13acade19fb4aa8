import { z } from "zod";
import { configSchema } from "../deployment/config.schema.ts";
import { invalidField, SluiceError } from "../errors.ts";
import { type NodeRequirement, parseSelector, requirementsOf } from "./node.selector.ts";
import { pipelineFields } from "./pipeline.spec.ts";

/** How a cluster knows pipelines: `kubectl get phoenixprocesspipelines.phoenix.io`. */
export const PIPELINE_RESOURCE = {
  group: "phoenix.io",
  version: "v1alpha1",
  kind: "PhoenixProcessPipeline",
  plural: "phoenixprocesspipelines",
} as const;

export const PIPELINE_VARIANTS = ["production", "candidate", "baseline"] as const;

/** Deployed as it is, not as a part of an experiment. */
export const DEPLOYMENT_TYPE_LABEL = "phoenix.io/deployment-type";

const labelKey = z.string().regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/, "a label's key");
const labelValue = z.string().regex(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/, "a label's value");

const tolerationSchema = z.strictObject({
  key: z.string().max(317).optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
  tolerationSeconds: z.number().int().min(0).max(31_536_000).optional(),
});

/** What a `PhoenixProcessPipeline` asks for: one pipeline on every node that is meant. */
export const pipelineResourceSchema = z.strictObject({
  pipeline: pipelineFields.template.describe("A template of the catalogue, such as process-topk-v1."),
  config: pipelineFields.config,
  parameters: pipelineFields.parameters.describe("Of the template, or for `{{name}}` in the texts of `config`."),
  variant: z.enum(PIPELINE_VARIANTS).default("production"),
  nodeSelector: z.record(labelKey, labelValue).default({}).describe("Labels that a node must have; all of them."),
  selector: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .describe("More ways to say which nodes are meant: `tier in (frontend,edge),!legacy`."),
  maxNodes: z
    .number()
    .int()
    .min(0)
    .max(5_000)
    .optional()
    .describe("The first so many of these nodes, by name; absent: all. Adding nodes leaves collectors that run alone."),
  replicas: z.number().int().min(1).max(10).default(1).describe("Collectors on each node; the first measures it."),
  image: z.string().min(1).max(512).optional().describe("Of Sluice's collector. Absent: the operator's."),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional(),
  resources: configSchema.shape.resources,
  tolerations: z.array(tolerationSchema).max(50).default([]),
  updateStrategy: z
    .strictObject({
      maxUnavailable: z
        .union([z.number().int().min(1).max(5_000), z.string().regex(/^([1-9]\d?|100)%$/, "a percentage such as 10%")])
        .default(1)
        .describe("Nodes, or a percentage of them, that may be without a collector while a new one starts."),
    })
    .prefault({}),
});

export type PipelineResource = z.infer<typeof pipelineResourceSchema>;

/** What is wrong beyond the form of single fields. Throws `invalid_argument` naming the field. */
export function checkPipelineResource({ pipeline, config, selector }: PipelineResource): void {
  if ((pipeline === undefined) === (config === undefined))
    throw invalidField("spec.pipeline", pipeline, "exactly one of `pipeline` and `config`");
  if (selector !== undefined) nodeRequirements({ nodeSelector: {}, selector });
}

/** Both ways of saying which nodes are meant hold together. Throws `invalid_argument` for a selector that cannot be read. */
export const nodeRequirements = ({
  nodeSelector,
  selector,
}: Pick<PipelineResource, "nodeSelector" | "selector">): NodeRequirement[] => [
  ...requirementsOf(nodeSelector),
  ...(selector === undefined ? [] : parseSelector(selector, "spec.selector")),
];

export const isInvalid = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && error.code === "invalid_argument";
