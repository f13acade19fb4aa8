import { PIPELINE_RESOURCE, pipelineResourceSchema } from "@sluice/core";
import { count, customResourceDefinition, statusSchema, text } from "../crd/definition.ts";
import { structuralSchema } from "../crd/structural.ts";
import { LONGEST_NAME } from "./pipeline.names.ts";
import { PIPELINE_PHASES } from "./pipeline.types.ts";

export const pipelineDefinition = customResourceDefinition({
  ...PIPELINE_RESOURCE,
  shortNames: ["ppp"],
  rules: [
    { rule: `size(self.metadata.name) <= ${LONGEST_NAME}`, message: `a name of at most ${LONGEST_NAME} characters` },
  ],
  spec: {
    ...structuralSchema(pipelineResourceSchema, { defaults: true }),
    "x-kubernetes-validations": [
      { rule: "has(self.pipeline) != has(self.config)", message: "exactly one of `pipeline` and `config`" },
    ],
  },
  status: statusSchema({
    phase: { ...text, enum: [...PIPELINE_PHASES] },
    message: text,
    nodes: count,
    desired: count,
    ready: count,
    updated: count,
    digest: text,
  }),
  columns: [
    { name: "Pipeline", type: "string", jsonPath: ".spec.pipeline" },
    { name: "Variant", type: "string", jsonPath: ".spec.variant" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Desired", type: "integer", jsonPath: ".status.desired" },
    { name: "Ready", type: "integer", jsonPath: ".status.ready" },
    { name: "Updated", type: "integer", jsonPath: ".status.updated" },
    { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
  ],
});
