import {
  configSchema,
  jsonSchema,
  nameSchema,
  PIPELINE_PHASES,
  PIPELINE_STATUSES,
  parseSelector,
  strategySchema,
} from "@sluice/core";
import { z } from "zod";
import { nodeLabelsSchema } from "../../node/node.schema.ts";

const selector = z
  .string()
  .min(1)
  .max(1_024)
  .superRefine((text, context) => {
    try {
      parseSelector(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  })
  .describe("More ways to say which nodes are meant: `environment=production,tier in (frontend,edge),!legacy`.");

const parameters = z.record(z.string().min(1).max(255), jsonSchema);
const replicas = z.number().int().min(1).max(100).describe("Collectors on each node.");
const strategy = strategySchema.describe("Left out: node by node.");

export const deployPipelineSchema = z
  .strictObject({
    pipeline_name: nameSchema.describe(
      "A template of the catalogue, or an artifact of kind pipeline in the namespace.",
    ),
    deployment_name: nameSchema,
    namespace: nameSchema.describe("The project. Created when it is not there and the caller may do that."),
    target_nodes: nodeLabelsSchema.optional().describe("Labels that a node must have; all of them."),
    selector: selector.optional(),
    parameters: parameters.default({}),
    replicas: replicas.default(1),
    resources: configSchema.shape.resources,
    environment: nameSchema
      .optional()
      .describe("Whose rules hold. Left out: the one that `target_nodes` names, else production."),
    version: z.string().min(1).max(128).optional().describe("Of the pipeline. Left out: the newest."),
    strategy: strategy.optional(),
  })
  .refine((body) => body.target_nodes !== undefined || body.selector !== undefined, {
    message: "labels of nodes such as { environment: production }, or a `selector`",
    path: ["target_nodes"],
  })
  .meta({
    id: "DeployPipeline",
    examples: [
      {
        pipeline_name: "process-topk-v1",
        deployment_name: "production-topk-deployment",
        target_nodes: { environment: "production", tier: "frontend" },
        namespace: "phoenix-prod",
        parameters: { top_k: 20, critical_processes: ["nginx", "envoy", "app-server"] },
        replicas: 3,
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
      },
    ],
  });

export const updatePipelineSchema = z
  .strictObject({
    parameters: parameters.optional().describe("Merged over those in force, at every depth; null takes one back."),
    resources: z.record(z.string(), jsonSchema).optional().describe("Merged in the same way."),
    target_nodes: nodeLabelsSchema.optional(),
    selector: selector.nullable().optional(),
    replicas: replicas.optional(),
    version: z.string().min(1).max(128).optional(),
    strategy: strategy.optional(),
  })
  .refine(
    (body) => Object.keys(body).length > 0,
    "at least one of parameters, resources, target_nodes, selector, replicas, version",
  )
  .meta({
    id: "UpdatePipeline",
    examples: [{ parameters: { top_k: 25 }, resources: { limits: { memory: "1Gi" } } }],
  });

export const rollbackPipelineSchema = z
  .strictObject({
    revision: z.number().int().min(1).optional().describe("Left out: the one before, or out of an update under way."),
    reason: z.string().min(1).max(1_000).optional(),
  })
  .nullish();

export const listPipelinesSchema = z.strictObject({
  namespace: nameSchema.optional().describe("Left out: every project that the caller sees."),
  status: z.enum(PIPELINE_STATUSES).optional().describe("Deleted ones are shown for 30 days, to `deleted` only."),
  pipeline_name: nameSchema.optional(),
  environment: nameSchema.optional(),
  deployment_type: z
    .enum(["direct", "other"])
    .optional()
    .describe("`direct` by these endpoints, `other` by the native API, as in experiments."),
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  per_page: z.coerce.number().int().min(1).max(100).default(20),
});

const time = z.iso.datetime();

const summaryFields = {
  deployment_id: z.string(),
  deployment_name: z.string(),
  pipeline_name: z.string(),
  status: z.enum(PIPELINE_STATUSES),
  namespace: z.string(),
  environment: z.string(),
  target_nodes: z.record(z.string(), z.string()),
  selector: z.string().nullable(),
  created_at: time,
  updated_at: time,
  deleted_at: time.nullable(),
};

export const pipelineSummarySchema = z.object(summaryFields).meta({ id: "PipelineDeploymentSummary" });

export const pipelineListSchema = z.object({
  deployments: z.array(pipelineSummarySchema),
  total: z.number().int(),
  page: z.number().int(),
  per_page: z.number().int(),
});

export const pipelineDetailSchema = z
  .object({
    ...summaryFields,
    phase: z.enum(PIPELINE_PHASES).describe("What goes on inside of the status."),
    version: z.string(),
    parameters,
    replicas: z.number().int().describe("Collectors on each node."),
    resources: z.record(z.string(), z.unknown()),
    instances: z.object({
      desired: z.number().int().describe("At all targets together, as all of these."),
      ready: z.number().int(),
      updated: z
        .number()
        .int()
        .describe("Ready ones of the revision that is being delivered, else of the one that serves."),
    }),
    nodes: z.array(
      z.object({
        node: z.string(),
        target: z.string().optional().describe("Where the environment has several: which one's node it is."),
        ready: z.number().int(),
        updated: z.number().int(),
      }),
    ),
    metrics: z
      .object({
        cardinality: z.number().int().describe("Time series that leave the pipeline."),
        throughput: z.string().describe("Data points accepted a minute, such as `1.2M/min`."),
        error_rate: z.number().describe("Of data points that arrived or were to leave, of late."),
      })
      .describe("Of all collectors together, by their own telemetry."),
    endpoint: z.string().nullable().describe("Takes OTLP over HTTP: `…/v1/metrics`."),
    rollout_id: z.string().nullable().describe("Of the update that is under way."),
    message: z.string().nullable().describe("Why the last rollout did not do what was asked; null when it did."),
  })
  .meta({ id: "PipelineDeployment" });

export const deployedPipelineSchema = z.object({
  deployment_id: z.string(),
  status: z.enum(PIPELINE_STATUSES),
  pipeline_name: z.string(),
  deployment_name: z.string(),
  namespace: z.string(),
  created_at: time,
  target_nodes: z.record(z.string(), z.string()),
  rollout_id: z.string(),
});

export const changedPipelineSchema = z.object({
  deployment_id: z.string(),
  status: z.enum(PIPELINE_STATUSES),
  message: z.string(),
  rollout_id: z.string().nullable(),
});

export const historyEntrySchema = z
  .object({
    rollout_id: z.string(),
    revision: z.number().int(),
    from_revision: z.number().int().nullable(),
    version: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    phase: z.string(),
    reason: z.string().nullable(),
    rollback_of: z.string().nullable(),
    triggered_by: z.string(),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: "PipelineHistoryEntry" });

export type HistoryEntry = z.output<typeof historyEntrySchema>;
export type DeployPipeline = z.output<typeof deployPipelineSchema>;
export type UpdatePipeline = z.output<typeof updatePipelineSchema>;
export type ListPipelines = z.output<typeof listPipelinesSchema>;
export type PipelineSummary = z.output<typeof pipelineSummarySchema>;
export type PipelineDetail = z.output<typeof pipelineDetailSchema>;

export const draftQuerySchema = z.strictObject({
  namespace: nameSchema.optional().describe("Another project than that of the experiment."),
  environment: nameSchema.optional(),
  deployment_name: nameSchema.optional(),
  selector: selector.optional().describe("Other nodes than those of the experiment, as after a trial in staging."),
});

export const draftSchema = z
  .object({
    winner: z.enum(["candidate", "stable"]).describe("Which revision of the experiment this is."),
    deployment: z
      .object({
        pipeline_name: z.string(),
        deployment_name: z.string(),
        namespace: z.string(),
        environment: z.string(),
        version: z.string(),
        target_nodes: z.record(z.string(), z.string()).optional(),
        selector: z.string().optional(),
        parameters,
        replicas: z.number().int(),
        resources: z.record(z.string(), z.unknown()),
      })
      .describe("A body for POST /api/v1/pipelines/deployments."),
  })
  .meta({ id: "PipelineDeploymentDraft" });

export type DraftQuery = z.output<typeof draftQuerySchema>;
export type Draft = z.output<typeof draftSchema>;
