import type { Instance } from "./instance.ts";
import type { DeploymentStore } from "./state.store.ts";

/** The instances of one deployment, in memory and on disk. */
export interface InstanceBook {
  get(id: string): Instance | undefined;
  all(): Instance[];
  put(instance: Instance): void;
  /** Changes what is in memory alone: counters are not worth a write. */
  note(instance: Instance): void;
  drop(id: string): void;
  /** Writes every record that is older on disk than in memory. */
  flush(): Promise<void>;
}

export function createInstanceBook(store: Pick<DeploymentStore, "writeInstance">): InstanceBook {
  const instances = new Map<string, Instance>();
  const unwritten = new Set<string>();
  return {
    get: (id) => instances.get(id),
    all: () => [...instances.values()],
    put(instance) {
      instances.set(instance.id, instance);
      unwritten.add(instance.id);
    },
    note: (instance) => instances.set(instance.id, instance),
    drop(id) {
      instances.delete(id);
      unwritten.delete(id);
    },
    async flush() {
      for (const id of [...unwritten]) {
        const instance = instances.get(id);
        unwritten.delete(id);
        if (instance === undefined) continue;
        try {
          await store.writeInstance(instance);
        } catch (error) {
          unwritten.add(id);
          throw error;
        }
      }
    },
  };
}
