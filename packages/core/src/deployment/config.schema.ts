import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { variablesSchema } from "../names.ts";
import { secretReferencesSchema } from "../secret/secret.schema.ts";
import { dependenciesSchema } from "./dependency.schema.ts";
import { cpuSchema, memorySchema } from "./quantity.ts";

const quantities = z.strictObject({
  cpu: cpuSchema.optional(),
  memory: memorySchema.optional(),
  gpu: z
    .string()
    .regex(/^\d{1,3}$/, "whole graphics processors, such as 1")
    .optional(),
});

export const healthCheckSchema = z.strictObject({
  /** Null: an accepted connection is enough. */
  path: z.string().startsWith("/").max(2_048).nullable().default(null),
  intervalSeconds: z.number().min(0.1).max(3_600).default(1),
  timeoutSeconds: z.number().min(0.1).max(3_600).default(1),
  retries: z.number().int().min(1).max(100).default(3),
  readySeconds: z
    .number()
    .min(0)
    .max(3_600)
    .optional()
    .meta({ description: "Of a stream: ready once it has lived so long, or touched SLUICE_HEARTBEAT_FILE; default 5" }),
  heartbeatSeconds: z
    .number()
    .min(1)
    .max(86_400)
    .optional()
    .meta({ description: "Of a stream: how often at least it touches SLUICE_HEARTBEAT_FILE" }),
});

/** What a revision adds to a version: how it runs in one environment. A part of the revision's digest. */
export const configSchema = z.strictObject({
  replicas: z.number().int().min(0).max(1_000).default(1),
  env: variablesSchema,
  parameters: z.record(z.string(), jsonSchema).default({}),
  /** Absent rather than empty, as are dependencies below: configurations without any keep the digest they had. */
  secrets: secretReferencesSchema.optional(),
  /** Releases of named components that win over those the version names. */
  components: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
  resources: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).default({}),
  scaling: z
    .strictObject({
      min: z.number().int().min(0).max(1_000),
      max: z.number().int().min(1).max(1_000),
      targetCpu: z.number().int().min(1).max(100).optional(),
      targetMemory: z.number().int().min(1).max(100).optional(),
    })
    .refine((scaling) => scaling.min <= scaling.max, { message: "at most `max`", path: ["min"] })
    .nullable()
    .default(null),
  healthCheck: healthCheckSchema.prefault({}),
  /** Asked by validation. Absent rather than empty: configurations without any keep the digest they had. */
  dependencies: dependenciesSchema.optional(),
  progressDeadlineSeconds: z.number().int().min(1).max(86_400).default(600),
  stopSeconds: z.number().int().min(0).max(3_600).default(30),
});

export type DeploymentConfig = z.infer<typeof configSchema>;

/** A prefix of paths on the gateway. */
export const routePathSchema = z
  .string()
  .max(1_024)
  .regex(/^\/[^?#\s]*$/, "a path that begins with '/'")
  .refine((path) => !path.split("/").includes(".."), "a path without '..'");

/** Where the gateway listens for the deployment. Changing it is not a new revision. */
export const routeSchema = z.strictObject({
  host: z
    .string()
    .regex(/^[a-z0-9.-]+$/, "a host name in lower case, without port")
    .optional(),
  path: routePathSchema.transform((path) => (path.length > 1 ? path.replace(/\/+$/, "") : path)),
  headers: z.record(z.string().toLowerCase(), z.string()).optional(),
  cookies: z.record(z.string().min(1), z.string()).optional(),
  stripPrefix: z.boolean().default(true),
  stickiness: z
    .discriminatedUnion("by", [
      z.strictObject({ by: z.literal("none") }),
      z.strictObject({
        by: z.literal("cookie"),
        name: z
          .string()
          .regex(/^[\w-]+$/)
          .default("sluice"),
      }),
      z.strictObject({ by: z.literal("header"), name: z.string().toLowerCase().min(1) }),
      z.strictObject({ by: z.literal("client") }),
    ])
    .default({ by: "none" }),
  timeouts: z
    .strictObject({
      connectMs: z.number().int().min(1).max(600_000).default(1_000),
      responseMs: z.number().int().min(1).max(3_600_000).default(30_000),
      idleMs: z.number().int().min(1).max(3_600_000).default(60_000),
    })
    .prefault({}),
});

export type RouteSettings = z.infer<typeof routeSchema>;
