import type { DeploymentConfig } from "../deployment/config.schema.ts";
import { invalidField } from "../errors.ts";

/** What a rollback takes back: everything, the version alone, the configuration alone, or some components. */
export type RollbackScope = "all" | "version" | "config" | { components: readonly string[] };

/** A revision as a rollback sees it. `components` are the releases that the version itself names. */
export interface ScopedRevision {
  version: string;
  components: Readonly<Record<string, string>>;
  config: DeploymentConfig;
}

/** What the revision after the rollback runs. */
export interface RolledBack {
  version: string;
  config: DeploymentConfig;
}

/**
 * What to run after taking `scope` of `current` back to `target`.
 *
 * - `all`: version and configuration of `target`; environment and secret references go back with the code that read
 *   them (edge case 43). Replicas stay as they are: they belong to the deployment, not to a revision.
 * - `version`: the old version under today's configuration. `config`: the other way round.
 * - components: today's revision, with the named components at the releases that `target` ran.
 *
 * Throws `invalid_argument` for a component that neither revision knows.
 */
export function rollBack(current: ScopedRevision, target: ScopedRevision, scope: RollbackScope): RolledBack {
  const targetConfig = { ...target.config, replicas: current.config.replicas };
  if (scope === "all") return { version: target.version, config: targetConfig };
  if (scope === "version") return { version: target.version, config: current.config };
  if (scope === "config") return { version: current.version, config: targetConfig };
  return { version: current.version, config: withComponents(current, target, scope.components) };
}

/** The release of each component that a revision runs: its configuration's word wins over its version's. */
export const releasesOf = (revision: ScopedRevision): Record<string, string> => ({
  ...revision.components,
  ...revision.config.components,
});

function withComponents(current: ScopedRevision, target: ScopedRevision, names: readonly string[]): DeploymentConfig {
  const before = releasesOf(target);
  const known = Object.keys({ ...releasesOf(current), ...before }).sort();
  const chosen = new Map(Object.entries(current.config.components ?? {}));
  for (const [index, name] of names.entries()) {
    const release = Object.hasOwn(before, name) ? before[name] : undefined;
    if (release === undefined) {
      throw invalidField(`scope.components[${index}]`, name, describeKnown(known, Object.keys(before)));
    }
    // What the version says anyway needs no override: the content of an earlier revision is met again, digest and all.
    if (Object.hasOwn(current.components, name) && current.components[name] === release) chosen.delete(name);
    else chosen.set(name, release);
  }
  const { components: _, ...rest } = current.config;
  return chosen.size === 0 ? rest : { ...rest, components: Object.fromEntries(chosen) };
}

const describeKnown = (known: readonly string[], before: readonly string[]): string => {
  if (known.length === 0) return "nothing: neither revision names components";
  return before.length === 0 ? "nothing: the older revision names no components" : before.toSorted().join(", ");
};
