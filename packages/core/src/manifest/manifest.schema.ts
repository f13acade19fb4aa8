import { z } from "zod";
import { ARTIFACT_KINDS, sourceSchema } from "../artifact/version.schema.ts";
import { configSchema, routeSchema } from "../deployment/config.schema.ts";
import { environmentSchema } from "../environment/environment.schema.ts";
import { gateSchema } from "../gate/gate.schema.ts";
import { jsonSchema } from "../json.ts";
import { labelsSchema, nameSchema } from "../names.ts";
import { strategySchema } from "../strategy/strategy.schema.ts";

const inProject = { project: nameSchema.optional() };

/**
 * The documents of a manifest: `kind` and, beside it, the fields that the API takes. An artifact's own kind is called
 * `artifactKind` here.
 */
export const RESOURCE_SCHEMAS = {
  Environment: environmentSchema.extend({ kind: z.literal("Environment"), name: nameSchema, ...inProject }),
  Artifact: z.strictObject({
    kind: z.literal("Artifact"),
    name: nameSchema,
    artifactKind: z.enum(ARTIFACT_KINDS),
    labels: labelsSchema,
    ...inProject,
  }),
  Version: z.strictObject({
    kind: z.literal("Version"),
    artifact: nameSchema,
    version: z.string().min(1),
    spec: z.record(z.string(), jsonSchema),
    source: sourceSchema.optional(),
    ...inProject,
  }),
  Gate: gateSchema.omit({ kind: true }).extend({
    kind: z.literal("Gate"),
    name: nameSchema,
    artifactKind: gateSchema.shape.kind,
    ...inProject,
  }),
  Deployment: z.strictObject({
    kind: z.literal("Deployment"),
    name: nameSchema,
    artifact: nameSchema,
    version: z.string().min(1),
    environment: nameSchema,
    config: configSchema.prefault({}),
    route: routeSchema.optional(),
    strategy: strategySchema.optional(),
    labels: labelsSchema,
    ...inProject,
  }),
} as const;

/** In the order in which they need each other. */
export const RESOURCE_KINDS = ["Environment", "Artifact", "Version", "Gate", "Deployment"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

export type ResourceOf<Kind extends ResourceKind> = z.output<(typeof RESOURCE_SCHEMAS)[Kind]>;
export type Resource = { [Kind in ResourceKind]: ResourceOf<Kind> }[ResourceKind];

/** What a person calls it: `Deployment greeter in production`. */
export function titleOf(resource: Resource): string {
  switch (resource.kind) {
    case "Environment":
    case "Artifact":
    case "Gate":
      return `${resource.kind} ${resource.name}`;
    case "Version":
      return `Version ${resource.artifact} ${resource.version}`;
    case "Deployment":
      return `Deployment ${resource.name} in ${resource.environment}`;
  }
}
