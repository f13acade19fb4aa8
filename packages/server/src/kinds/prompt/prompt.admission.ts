import { checkPrompt, invalidArgument, invalidField, type Strategy, type VersionSpec } from "@sluice/core";
import type { Admission } from "../admission.ts";

/** Prompts are read at the resolver: they have no address of their own choosing, and no requests that could be copied. */
export function admitPrompt({ artifact, route, strategy }: Admission): void {
  if (route !== undefined) {
    throw invalidField("route", route, `nothing for ${artifact}: a prompt has no instances that could answer`);
  }
  if (strategy !== undefined) admitStrategy(strategy, artifact);
}

/** Throws naming every template and variable that cannot be. */
export function admitPromptVersion(spec: VersionSpec): void {
  if (!isPrompt(spec)) return;
  const violations = checkPrompt(spec).map((violation) => ({ ...violation, field: `spec.${violation.field}` }));
  if (violations.length > 0) throw invalidArgument(violations);
}

function admitStrategy(strategy: Strategy, artifact: string): void {
  const why = `a prompt is read and not called, so no request to ${artifact} can be copied`;
  if (strategy.type === "shadow") {
    throw invalidField("strategy.type", strategy.type, `immediate, gradual, canary, blue-green or ab: ${why}`);
  }
  if (strategy.type === "blue-green" && strategy.previewRoute !== null) {
    const instead = "nothing: to look at the candidate, give the context attribute x-sluice-preview the value true";
    throw invalidField("strategy.previewRoute", strategy.previewRoute, instead);
  }
  if (strategy.type !== "canary" || strategy.steps === null) return;
  const index = strategy.steps.findIndex((step) => "mirror" in step);
  if (index >= 0) throw invalidField(`strategy.steps[${index}]`, strategy.steps[index], `another step: ${why}`);
}

const isPrompt = (spec: VersionSpec): spec is Extract<VersionSpec, { text?: unknown; messages?: unknown }> =>
  "text" in spec || "messages" in spec;
