import { DEPLOYMENT_STATUSES, nameSchema } from "@sluice/core";
import { z } from "zod";
import { time } from "../model.schema.ts";

export const deployModelBody = z
  .strictObject({
    replicas: z.int().min(1).max(1_000).default(1),
    environment: nameSchema.optional().meta({ description: "Default: the token's own, else `production`" }),
  })
  .meta({ id: "DeployModel", examples: [{ replicas: 1 }] });

const example = {
  id: 1,
  version_id: 1,
  k8s_service_name: "model-1-1234567890",
  url: "http://localhost:30080/api/v1/predict/1",
  replicas: 1,
  created_at: "2024-01-01T00:00:00",
  updated_at: "2024-01-01T00:00:00",
};

const printed = {
  id: z.int(),
  version_id: z
    .int()
    .meta({ description: "The version that serves, also when another one came by a rollout of `/v1`" }),
  k8s_service_name: z.string().meta({
    description: "In a cluster the Service of the revision that serves; elsewhere the name of the deployment in `/v1`",
  }),
  url: z.string().meta({ description: "`…/predict` and `…/v2/models/{model}/infer` below it answer predictions" }),
  replicas: z.int(),
  created_at: time,
  updated_at: time,
};

export const modelDeploymentView = z.object(printed).meta({ id: "ModelDeployment", examples: [example] });

export const modelDeploymentStatusView = z
  .object({
    ...printed,
    status: z.enum(DEPLOYMENT_STATUSES),
    deployment: z.string().meta({ description: "Its id in `/v1`, where rollouts, logs and metrics are" }),
    environment: z.string(),
    ready_replicas: z.int(),
  })
  .meta({
    id: "ModelDeploymentStatus",
    examples: [{ ...example, status: "running", deployment: "dep_0199", environment: "production", ready_replicas: 1 }],
  });

export const deletedView = z
  .object({
    id: z.int(),
    deleted: z.literal(true),
    warning: z.string().nullable().meta({ description: "What of it could not be removed yet" }),
  })
  .meta({ id: "DeletedModelDeployment", examples: [{ id: 1, deleted: true, warning: null }] });
