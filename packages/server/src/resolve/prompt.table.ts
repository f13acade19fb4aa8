import type { PromptRecord } from "./prompt.record.ts";

/** All prompts, found by id or by name. */
export class PromptTable {
  readonly #byId = new Map<string, PromptRecord>();
  /** By project and name, then by environment. */
  readonly #byName = new Map<string, Map<string, PromptRecord>>();

  byId(id: string): PromptRecord | null {
    return this.#byId.get(id) ?? null;
  }

  named(project: string, name: string, environment: string): PromptRecord | null {
    return this.#byName.get(nameKey(project, name))?.get(environment) ?? null;
  }

  /** Those of the name in every environment. */
  everywhere(project: string, name: string): PromptRecord[] {
    return [...(this.#byName.get(nameKey(project, name))?.values() ?? [])];
  }

  /** Those of a project, in one environment or in all, by name. */
  inside(project: string, environment: string | null): PromptRecord[] {
    return [...this.#byId.values()]
      .filter(({ route }) => route.project === project && (environment === null || route.environment === environment))
      .sort(({ route: left }, { route: right }) => (left.name < right.name ? -1 : 1));
  }

  ids(): string[] {
    return [...this.#byId.keys()];
  }

  values(): Iterable<PromptRecord> {
    return this.#byId.values();
  }

  /** Null takes it away. A deployment keeps its name for life. */
  replace(id: string, record: PromptRecord | null): void {
    const before = this.#byId.get(id);
    if (before !== undefined) {
      const { project, name, environment } = before.route;
      const environments = this.#byName.get(nameKey(project, name));
      // A new deployment may have taken the name of one that went.
      if (environments?.get(environment) === before) environments.delete(environment);
      if (environments?.size === 0) this.#byName.delete(nameKey(project, name));
      this.#byId.delete(id);
    }
    if (record === null) return;
    const { project, name, environment } = record.route;
    const environments = this.#byName.get(nameKey(project, name)) ?? new Map<string, PromptRecord>();
    environments.set(environment, record);
    this.#byName.set(nameKey(project, name), environments);
    this.#byId.set(id, record);
  }
}

/** Neither part has a slash. */
const nameKey = (project: string, name: string): string => `${project}/${name}`;
