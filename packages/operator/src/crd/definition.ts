import type { Manifest } from "@sluice/runtimes/kubernetes";
import type { Structural } from "./structural.ts";

interface Definition {
  group: string;
  version: string;
  kind: string;
  plural: string;
  shortNames: string[];
  /** Of the whole object. */
  rules?: Rule[];
  spec: Structural;
  status: Structural;
  columns: Column[];
}

/** A rule in CEL, which the cluster itself keeps to. */
export interface Rule {
  rule: string;
  message: string;
}

interface Column {
  name: string;
  type: "string" | "integer" | "number" | "date";
  jsonPath: string;
  description?: string;
  /** Above 0: shown with `-o wide` alone. */
  priority?: number;
}

/** A namespaced CustomResourceDefinition with one version and a status of its own. */
export function customResourceDefinition(definition: Definition): Manifest {
  const { group, version, kind, plural, shortNames, rules = [], spec, status, columns } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "sluice" } },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["sluice"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...columns,
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: {
            openAPIV3Schema: {
              type: "object",
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec,
                status,
              },
              ...(rules.length > 0 && { "x-kubernetes-validations": rules }),
            },
          },
        },
      ],
    },
  };
}

const CONDITION: Structural = {
  type: "object",
  required: ["type", "status", "reason", "message", "lastTransitionTime"],
  properties: {
    type: { type: "string", maxLength: 316 },
    status: { type: "string", enum: ["True", "False", "Unknown"] },
    reason: { type: "string", maxLength: 1_024 },
    message: { type: "string", maxLength: 32_768 },
    observedGeneration: { type: "integer", format: "int64", minimum: 0 },
    lastTransitionTime: { type: "string", format: "date-time" },
  },
};

/** A status with conditions, one of each type, and fields of its own. */
export const statusSchema = (fields: Record<string, Structural>): Structural => ({
  type: "object",
  properties: {
    observedGeneration: { type: "integer", format: "int64" },
    ...fields,
    conditions: {
      type: "array",
      items: CONDITION,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
    },
  },
});

export const text: Structural = { type: "string" };
export const count: Structural = { type: "integer", format: "int32" };
