import {
  ARTIFACT_KINDS,
  configSchema,
  DEPLOYMENT_STATUSES,
  jsonSchema,
  labelsSchema,
  nameSchema,
  routeSchema,
  strategySchema,
} from "@sluice/core";
import { z } from "zod";

/** What the deployment endpoints read and answer (API.md, "Deployments"). */

const time = z.iso.datetime();

export const createDeploymentSchema = z
  .strictObject({
    project: nameSchema.optional(),
    name: nameSchema,
    artifact: nameSchema,
    version: z.string().min(1).max(128),
    environment: nameSchema,
    config: configSchema.prefault({}),
    route: routeSchema
      .optional()
      .describe("Where the gateway listens. Without it the deployment runs, and the gateway sends it nothing."),
    strategy: strategySchema
      .optional()
      .describe("Left out: the environment's default. With nothing to compare with, a first delivery just switches."),
    labels: labelsSchema,
  })
  .meta({
    id: "CreateDeployment",
    examples: [
      {
        name: "greeter",
        artifact: "greeter",
        version: "1.0.0",
        environment: "production",
        config: { replicas: 2, healthCheck: { path: "/healthz" } },
        route: { path: "/greeter" },
      },
    ],
  });

export const updateDeploymentSchema = z
  .strictObject({
    version: z.string().min(1).max(128).optional(),
    config: z
      .record(z.string(), jsonSchema)
      .optional()
      .describe("A JSON Merge Patch (RFC 7396) over the configuration that is in force or under way."),
    strategy: strategySchema
      .optional()
      .describe("For this change only. Left out: canary in environments of tier production, else immediate."),
  })
  .meta({
    id: "UpdateDeployment",
    examples: [{ version: "1.1.0", strategy: { type: "canary", initialPercentage: 5, bakeSeconds: 60 } }],
  });

export const rollbackSchema = z
  .strictObject({
    toRevision: z.number().int().min(1).optional().describe("Left out: the revision promoted before this one."),
    scope: z
      .union([
        z.enum(["all", "version", "config"]),
        z.strictObject({ components: z.array(z.string().min(1).max(63)).min(1).max(100) }),
      ])
      .default("all"),
    reason: z.string().min(1).max(1_000).optional(),
  })
  .meta({ id: "RollbackDeployment", examples: [{ toRevision: 1, scope: "all", reason: "checkout is slow" }] });

export const scaleSchema = z
  .strictObject({ replicas: z.number().int().min(1).max(1_000) })
  .meta({ id: "ScaleDeployment", examples: [{ replicas: 4 }] });

export const promoteSchema = z
  .strictObject({
    environment: nameSchema,
    strategy: strategySchema.optional(),
    route: routeSchema.optional().describe("For a deployment that does not exist there yet."),
  })
  .meta({ id: "PromoteDeployment", examples: [{ environment: "production", strategy: { type: "canary" } }] });

/** Actions without a choice take an empty body, or none. */
export const nothingSchema = z.strictObject({}).nullish();

export const splitEntrySchema = z.object({
  revision: z.number().int(),
  version: z.string(),
  role: z
    .enum(["stable", "candidate", "retired"])
    .describe("`retired` is kept warm for a while, for an instant rollback."),
  weight: z.number().describe("Percent of the traffic, as the gateway applies it; as wanted while no gateway answers."),
  instances: z.object({ desired: z.number().int(), ready: z.number().int() }),
});

/** A route as it was accepted. Its own schema also reads what users write, which an answer has behind it. */
const routeViewSchema = z
  .object({
    host: z.string().optional(),
    path: z.string(),
    headers: z.record(z.string(), z.string()).optional(),
    cookies: z.record(z.string(), z.string()).optional(),
    stripPrefix: z.boolean(),
    stickiness: z.object({ by: z.enum(["none", "cookie", "header", "client"]), name: z.string().optional() }),
    timeouts: z.object({ connectMs: z.number().int(), responseMs: z.number().int(), idleMs: z.number().int() }),
  })
  .meta({ id: "Route" });

const memberSchema = z
  .object({
    target: z.string(),
    id: z
      .string()
      .describe("Of the member, which may be read like every deployment, and is commanded through this one."),
    name: z.string(),
    status: z.enum([...DEPLOYMENT_STATUSES, "waiting"]).describe("`waiting`: nothing was delivered there yet."),
    version: z.string().nullable(),
    revision: z.number().int().nullable(),
    activeRollout: z.string().nullable(),
    split: z.array(splitEntrySchema),
    endpoints: z.object({
      external: z.string().nullable(),
      headers: z.record(z.string(), z.string()).describe("What a request must carry to come to this target."),
    }),
    trouble: z.string().nullable().describe("Why the target cannot be reached, or what serves there fails."),
  })
  .meta({ id: "DeploymentMember" });

export const deploymentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    project: z.string(),
    kind: z.enum(ARTIFACT_KINDS),
    artifact: z.string(),
    environment: z.string(),
    status: z.enum(DEPLOYMENT_STATUSES),
    version: z.string().describe("Of the revision that serves; of the first one while nothing serves yet."),
    revision: z.number().int(),
    activeRollout: z.string().nullable(),
    split: z.array(splitEntrySchema),
    endpoints: z.object({
      external: z.string().nullable().describe("Where it is called, or a prompt read; null without a route."),
      internal: z.string().nullable().describe("A ready instance of the serving revision; null while there is none."),
      monitoring: z.string(),
      logs: z.string(),
    }),
    config: configSchema,
    replicas: z.number().int(),
    route: routeViewSchema.nullable(),
    target: z.string().nullable().describe("Of what is at one of several targets: which; else null."),
    partOf: z.string().nullable().describe("Of what is at one of several targets: the deployment as a whole."),
    members: z
      .array(memberSchema)
      .nullable()
      .describe("What each target of the environment has; null for a deployment at one target."),
    labels: z.record(z.string(), z.string()),
    createdAt: time,
    updatedAt: time,
    deployedBy: z.string(),
  })
  .meta({ id: "Deployment" });

export type DeploymentView = z.output<typeof deploymentSchema>;

export const revisionSchema = z
  .object({
    deployment: z.string(),
    revision: z.number().int(),
    version: z.string(),
    versionDigest: z.string(),
    digest: z.string(),
    role: z.enum(["stable", "candidate", "earlier"]),
    config: configSchema,
    createdAt: time,
    createdBy: z.string(),
  })
  .meta({ id: "Revision" });

export const revisionDiffSchema = z
  .object({
    from: z.number().int(),
    to: z.number().int(),
    changes: z.array(
      z.object({
        path: z.string().describe("JSON Pointer into `{version, spec, config}`."),
        change: z.enum(["added", "removed", "changed"]),
        from: z.unknown().optional(),
        to: z.unknown().optional(),
      }),
    ),
  })
  .meta({ id: "RevisionDiff" });

export const instanceSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    state: z.enum(["starting", "ready", "unready", "draining", "backoff", "completed", "crash_loop"]),
    address: z.object({ host: z.string(), port: z.number().int() }).nullable(),
    pid: z.number().int().nullable(),
    restarts: z.number().int(),
    startedAt: time.nullable(),
    readyAt: time.nullable(),
    reason: z.string().nullable(),
    usage: z
      .object({
        rssBytes: z.number().int().describe("Resident memory of all its processes."),
        cpuCores: z.number().describe("Cores in use on average since the measurement before, about a second earlier."),
        at: time,
      })
      .nullable()
      .describe("Null until measured twice, while nothing runs, and where the target does not measure."),
  })
  .meta({ id: "Instance" });

const quantile = z.number().nullable().describe("Milliseconds, at most 9 % above the true value; null without data.");

export const deploymentMetricsSchema = z
  .object({
    deployment: z.string(),
    observed: z.boolean().describe("False while no gateway answers, or the deployment has no route."),
    revisions: z.array(
      z.object({
        revision: z.number().int(),
        requests: z.number().int(),
        errors: z.number().int().describe("5xx, resets and timeouts; 4xx are the caller's fault."),
        aborted: z.number().int().describe("Given up by the caller; in none of the other counts."),
        errorRate: z.number().nullable(),
        status: z.record(z.string(), z.number().int()),
        bytesIn: z.number(),
        bytesOut: z.number(),
        inFlight: z.number().int(),
        latencyMs: z.object({ p50: quantile, p90: quantile, p99: quantile }),
      }),
    ),
  })
  .meta({ id: "DeploymentMetrics" });

export type CreateDeployment = z.output<typeof createDeploymentSchema>;
export type UpdateDeployment = z.output<typeof updateDeploymentSchema>;
export type RollbackDeployment = z.output<typeof rollbackSchema>;
export type PromoteDeployment = z.output<typeof promoteSchema>;
