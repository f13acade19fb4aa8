import { parseField, RESOURCE_KINDS, RESOURCE_SCHEMAS, type Resource, type ResourceKind } from "@sluice/core";
import type { Condition, Kind, KubeObject } from "@sluice/runtimes/kubernetes";
import { z } from "zod";

export const GROUP = "sluice.dev";
export const VERSION = "v1alpha1";
export const FINALIZER = "sluice.dev/delivery";
/** Another value of it: the same spec is tried once more, as after a rollback. */
export const RETRY_ANNOTATION = "sluice.dev/retry";

/** With our name before it: a cluster has Deployments of its own, and may have anybody's Environments. */
export const kindName = (kind: ResourceKind): string => `Sluice${kind}`;

export const kindOf = (kind: ResourceKind): Kind => ({
  apiVersion: `${GROUP}/${VERSION}`,
  kind: kindName(kind),
  plural: `${kindName(kind).toLowerCase()}s`,
  namespaced: true,
});

/** Why an object is not accepted that asks for what an older one has. */
export const TAKEN = "Taken";

export const SHORT_NAMES: Readonly<Record<ResourceKind, string>> = {
  Environment: "senv",
  Artifact: "sart",
  Version: "sver",
  Gate: "sgate",
  Deployment: "sdep",
};

export const DELETION_POLICIES = ["Delete", "Orphan"] as const;
export type DeletionPolicy = (typeof DELETION_POLICIES)[number];

/** What happens on the server when the object goes. What others may use, and what is history, stays by itself. */
const DELETION: Readonly<Record<ResourceKind, DeletionPolicy>> = {
  Environment: "Orphan",
  Artifact: "Orphan",
  Version: "Orphan",
  Gate: "Delete",
  Deployment: "Delete",
};

/** Kinds that a server can delete. */
export const isDeletable = (kind: ResourceKind): boolean => kind !== "Artifact" && kind !== "Version";

const policySchema = (kind: ResourceKind) =>
  z
    .enum(DELETION_POLICIES)
    .default(DELETION[kind])
    .describe("What becomes of it on the server when this object is deleted.");

const named = { name: z.string().optional().describe("On the server; absent: the name of this object.") };

/** Of the spec: the fields of `sluice.yaml`'s document of that kind. */
export const SPEC_SCHEMAS = {
  Environment: RESOURCE_SCHEMAS.Environment.omit({ kind: true }).extend({
    ...named,
    deletionPolicy: policySchema("Environment"),
  }),
  Artifact: RESOURCE_SCHEMAS.Artifact.omit({ kind: true }).extend(named),
  Version: RESOURCE_SCHEMAS.Version.omit({ kind: true }),
  Gate: RESOURCE_SCHEMAS.Gate.omit({ kind: true }).extend({ ...named, deletionPolicy: policySchema("Gate") }),
  Deployment: RESOURCE_SCHEMAS.Deployment.omit({ kind: true }).extend({
    ...named,
    deletionPolicy: policySchema("Deployment"),
  }),
} as const satisfies Record<ResourceKind, z.ZodType>;

export interface DeliveryStatus {
  observedGeneration: number;
  conditions: Condition[];
  /** Of the spec that was brought to the server; empty before. It is brought once. */
  applied?: string;
  deployment?: string;
  rollout?: string;
  phase?: string;
  weight?: number;
  version?: string;
}

export interface DeliveryObject extends KubeObject {
  spec?: unknown;
  status?: DeliveryStatus;
}

export interface Wish {
  resource: Resource;
  deletionPolicy: DeletionPolicy;
}

/**
 * What an object asks for. Its project is the one that it names, else the operator's, else its namespace. Throws
 * `invalid_argument` naming the field.
 */
export function wishOf(kind: ResourceKind, object: DeliveryObject, project: string | null): Wish {
  const { name, namespace = "default" } = object.metadata;
  const { deletionPolicy, ...spec } = isObject(object.spec) ? object.spec : {};
  const filled = { ...(kind !== "Version" && { name }), project: project ?? namespace, ...spec, kind };
  return {
    resource: parseField<z.ZodType<Resource>>(RESOURCE_SCHEMAS[kind], filled, "spec"),
    deletionPolicy: parseField(policySchema(kind), deletionPolicy, "spec.deletionPolicy"),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export { RESOURCE_KINDS };
