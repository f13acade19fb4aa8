import { RESOURCE_KINDS, type ResourceKind } from "@sluice/core";
import type { Manifest } from "@sluice/runtimes/kubernetes";
import { customResourceDefinition, statusSchema, text } from "../crd/definition.ts";
import { structuralSchema } from "../crd/structural.ts";
import { GROUP, kindOf, SHORT_NAMES, SPEC_SCHEMAS, VERSION } from "./delivery.kinds.ts";

const READY = '.status.conditions[?(@.type=="Ready")]';

const COLUMNS: Readonly<Record<ResourceKind, [string, string][]>> = {
  Environment: [["Tier", ".spec.tier"]],
  Artifact: [["Kind", ".spec.artifactKind"]],
  Version: [
    ["Artifact", ".spec.artifact"],
    ["Version", ".spec.version"],
  ],
  Gate: [
    ["Artifact", ".spec.artifact"],
    ["Environment", ".spec.environment"],
  ],
  Deployment: [
    ["Environment", ".spec.environment"],
    ["Wanted", ".spec.version"],
    ["Version", ".status.version"],
    ["Phase", ".status.phase"],
  ],
};

/** One for each document of `sluice.yaml`, with its fields. */
export const deliveryDefinitions: Manifest[] = RESOURCE_KINDS.map((kind) => {
  const { kind: name, plural } = kindOf(kind);
  return customResourceDefinition({
    ...{ group: GROUP, version: VERSION, kind: name, plural, shortNames: [SHORT_NAMES[kind]] },
    // Defaults stay the server's: an upgrade of it does not have to rewrite what people have written.
    spec: structuralSchema(SPEC_SCHEMAS[kind]),
    status: statusSchema({
      applied: text,
      ...(kind === "Deployment" && {
        deployment: text,
        rollout: text,
        phase: text,
        weight: { type: "number" },
        version: text,
      }),
    }),
    columns: [
      ...COLUMNS[kind].map(([title, jsonPath]) => ({ name: title, type: "string" as const, jsonPath })),
      ...(kind === "Deployment" ? [{ name: "Weight", type: "number" as const, jsonPath: ".status.weight" }] : []),
      { name: "Ready", type: "string", jsonPath: `${READY}.status` },
      { name: "Message", type: "string", jsonPath: `${READY}.message`, priority: 1 },
    ],
  });
});
