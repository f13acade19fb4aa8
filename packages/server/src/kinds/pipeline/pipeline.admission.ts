import { findPipelineTemplate, invalidField, renderPipeline, unknownTemplate } from "@sluice/core";
import type { Admit, AdmitVersion } from "../admission.ts";

/** Parameters must suit the template, and variables would be nobody's: a collector has its configuration. */
export const admitPipeline: Admit = ({ artifact, spec, config }) => {
  if (!("parameters" in spec) || !("template" in spec || "config" in spec)) return;
  renderPipeline(spec, config.parameters, "config.parameters");
  const [variable] = Object.keys(config.env);
  if (variable === undefined) return;
  const allowed = `nothing for ${artifact}: a pipeline is set up by parameters`;
  throw invalidField(`config.env.${variable}`, config.env[variable], allowed);
};

/** A template of the catalogue has to be one. */
export const admitPipelineVersion: AdmitVersion = (spec) => {
  if (!("template" in spec) || spec.template === undefined || findPipelineTemplate(spec.template) !== undefined) return;
  throw unknownTemplate(spec.template);
};
