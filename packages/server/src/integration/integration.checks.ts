import { dependencyOf, type Integration, needs } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { probeDependency } from "../engine/checks/dependency.probe.ts";
import type { Finding } from "../engine/checks/finding.ts";
import type { Check } from "../engine/checks.ts";
import { listIntegrations, MAX_INTEGRATIONS } from "./integration.store.ts";

/** The services around deployments that this candidate needs: asked all at once, each within its own time. */
export const integrationChecks: readonly Check[] = [
  {
    name: "integrations",
    type: "dependency",
    severity: "high",
    async run({ db, candidate: { project, kind, environmentName }, signal }) {
      const found = await asked(db, project, kind, environmentName);
      return found.length === 0 ? null : Promise.all(found.map(({ name, spec }) => ask(name, spec, signal)));
    },
  },
];

async function asked(db: Db, project: string, kind: string, environment: string) {
  const integrations = await listIntegrations(db, { project, limit: MAX_INTEGRATIONS });
  return integrations.filter(({ spec }) => spec.health !== null && needs(spec, kind, environment));
}

async function ask(name: string, spec: Integration, signal: AbortSignal | undefined): Promise<Finding> {
  const dependency = dependencyOf(name, spec);
  const begun = performance.now();
  const found = dependency === null ? null : await probeDependency(dependency, signal);
  const { ok, seen, expected } = found ?? { ok: true, seen: "is not asked", expected: "" };
  const what = `${spec.required ? "service" : "optional service"} ${name} (${spec.health?.type} ${spec.health?.address}${spec.health?.path ?? ""})`;
  return {
    name: `integration:${name}`,
    severity: spec.required ? "high" : "low",
    passed: ok,
    message: ok ? `${what} ${seen}` : `${what} ${seen}; one attempt, which passes with ${expected}`,
    executionMs: Math.round(performance.now() - begun),
  };
}
