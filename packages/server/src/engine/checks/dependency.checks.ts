import type { Dependency } from "@sluice/core";
import type { Check } from "../checks.ts";
import { probeDependency } from "./dependency.probe.ts";
import type { Finding } from "./finding.ts";

/** Services that the candidate needs: asked all at once, each within its own time. */
export const dependencyChecks: readonly Check[] = [
  {
    name: "dependencies",
    type: "dependency",
    severity: "high",
    async run({ candidate: { config }, signal }) {
      const dependencies = config.dependencies ?? [];
      if (dependencies.length === 0) return null;
      return Promise.all(dependencies.map((dependency) => ask(dependency, signal)));
    },
  },
];

async function ask(dependency: Dependency, signal: AbortSignal | undefined): Promise<Finding> {
  const { name, type, address, path = "", required } = dependency;
  const begun = performance.now();
  const { ok, seen, expected } = await probeDependency(dependency, signal);
  const what = `${required ? "dependency" : "optional dependency"} ${name} (${type} ${address}${path})`;
  return {
    name: `dependency:${name}`,
    severity: required ? "high" : "low",
    passed: ok,
    message: ok ? `${what} ${seen}` : `${what} ${seen}; one attempt, which passes with ${expected}`,
    executionMs: Math.round(performance.now() - begun),
  };
}
