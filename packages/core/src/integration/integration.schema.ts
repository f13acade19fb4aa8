import { z } from "zod";
import { ARTIFACT_KINDS } from "../artifact/version.schema.ts";
import { DEPENDENCY_TYPES, type Dependency, parseAddress } from "../deployment/dependency.schema.ts";
import { gateWebhookSchema } from "../gate/gate.schema.ts";
import { nameSchema } from "../names.ts";

const { url, headers } = gateWebhookSchema.shape;

const healthSchema = z
  .strictObject({
    type: z.enum(DEPENDENCY_TYPES).default("http"),
    address: z.string().min(1).max(512).describe("`host:port`; `https://` before it for TLS"),
    path: z
      .string()
      .max(2_048)
      .regex(/^\/[^\s#]*$/, "a path that begins with '/'")
      .optional()
      .describe("Asked for by HTTP; anything from 200 to 399 is well"),
    service: z.string().min(1).max(255).optional().describe("Which service a gRPC server is asked about"),
    timeoutSeconds: z.number().min(0.1).max(10).default(3),
  })
  .superRefine(({ type, address, path, service }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (parseAddress(type, address) === null) refuse("address", "host:port, without user, path, query or fragment");
    if (path !== undefined && type !== "http") refuse("path", `nothing: a check of type ${type} has no path`);
    if (service !== undefined && type !== "grpc") refuse("service", `nothing: a check of type ${type} has no service`);
  });

const webhookSchema = z.strictObject({
  url,
  headers,
  timeoutSeconds: z.number().min(0.1).max(60).default(10),
});

/**
 * A service around deployments, such as a registry or an orchestrator: asked before anything starts, told of what serves.
 * `name` and `project` are its key.
 */
export const integrationSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    kinds: z
      .array(z.enum(ARTIFACT_KINDS))
      .max(5)
      .default([])
      .describe("Of what it is asked and told; empty: every kind"),
    environments: z.array(nameSchema).max(50).default([]).describe("The same by environment; empty: every one"),
    required: z
      .boolean()
      .default(true)
      .describe("Whether nothing starts without it; otherwise a failed check is a note"),
    health: healthSchema.nullable().default(null).describe("How it is asked whether it is well; null: it is not asked"),
    webhook: webhookSchema.nullable().default(null).describe("Where it is told of registrations; null: it is not told"),
  })
  .refine(({ health, webhook }) => health !== null || webhook !== null, {
    message: "an address to ask; one of `health` and `webhook` must be there",
    path: ["health"],
  });

export type Integration = z.infer<typeof integrationSchema>;

/** Whether deployments of the kind in the environment need the service. */
export const needs = ({ enabled, kinds, environments }: Integration, kind: string, environment: string): boolean =>
  enabled &&
  (kinds.length === 0 || kinds.some((known) => known === kind)) &&
  (environments.length === 0 || environments.includes(environment));

/** The question that validation asks; null when it asks none. */
export const dependencyOf = (name: string, { health, required }: Integration): Dependency | null =>
  health === null ? null : { name, required, ...health };
