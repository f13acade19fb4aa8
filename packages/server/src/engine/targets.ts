import {
  connectionOf,
  type DataPlane,
  type LabelledNode,
  type Runtime,
  SluiceError,
  type Target,
  type TargetType,
} from "@sluice/core";
import type { Logger } from "pino";

/** What serves a target: where instances run, and what deals their callers. */
export interface Place {
  /** Null: nothing is run there. */
  runtime: Runtime | null;
  plane: DataPlane;
}

export interface Targets {
  /** Opened at first need, once for all that are reached in the same way. Throws `unavailable`, saying why, when it cannot be. */
  at(target: Target): Promise<Place>;
  /** Why nothing of a project could run there now, in a sentence; null: nothing is known against it. Opens the connection. */
  preflight(target: Target, project: string): Promise<string | null>;
  /** What the target has for pipelines; null: nothing of its own. Opens the connection; throws as `at`. */
  collectors(target: Target): Promise<Collectors | null>;
  /** Types that this server knows how to reach. */
  readonly types: ReadonlySet<TargetType>;
  /** All that were opened so far. */
  runtimes(): Runtime[];
  /** Those of this machine, which no other server reaches. */
  own(): Runtime[];
  planes(): DataPlane[];
  /** Tells of every place, also of those opened before. */
  onOpen(listener: (place: Place) => void): void;
  close(): Promise<void>;
}

/** Where others make collectors of pipelines, on nodes that they know. */
export interface Collectors {
  nodes(): Promise<LabelledNode[]>;
  /** Why no pipeline could run there, in a sentence; null: nothing is known against it. */
  ailment(): Promise<string | null>;
}

/** A connection to a daemon or a cluster, started. */
export interface Connection {
  runtime: Runtime;
  /** What deals traffic there; null: only our gateway can. */
  plane: DataPlane | null;
  /** Why nothing could run at the target now, in a sentence; null: nothing is known against it. */
  preflight?(target: Target, project: string): Promise<string | null>;
  collectors?: Collectors;
  close(): Promise<void>;
}

export type Connect = (target: Target) => Promise<Connection>;

interface TargetsDeps {
  /** Our gateway, and the resolver of prompts. */
  gateway: DataPlane;
  /** Of this machine, by the type of the target. */
  local: ReadonlyMap<TargetType, Runtime>;
  connect?: Partial<Record<TargetType, Connect>>;
  logger: Logger;
}

export function createTargets({ gateway, local, connect = {}, logger }: TargetsDeps): Targets {
  const connections = new Map<string, Promise<Connection>>();
  const opened = new Map<string, Connection>();
  const listeners = new Set<(place: Place) => void>();

  const tell = (place: Place): void => {
    for (const listener of listeners) listener(place);
  };

  const open = async (key: string, target: Target): Promise<Connection> => {
    const connecting = connect[target.type];
    if (connecting === undefined)
      throw new SluiceError("failed_precondition", `this server has no target of type ${target.type}`);
    try {
      const connection = await connecting(target);
      opened.set(key, connection);
      logger.info({ target: key }, "a target is reached");
      tell({ runtime: connection.runtime, plane: connection.plane ?? gateway });
      return connection;
    } catch (error) {
      // Whoever asks next tries again.
      connections.delete(key);
      throw error;
    }
  };

  const connectionTo = (target: Target): Promise<Connection> => {
    const key = connectionOf(target);
    const known = connections.get(key) ?? open(key, target);
    connections.set(key, known);
    return known;
  };

  return {
    types: new Set<TargetType>(["none", ...local.keys(), ...(Object.keys(connect) as TargetType[])]),
    async at(target) {
      if (target.type === "none") return { runtime: null, plane: gateway };
      const here = local.get(target.type);
      if (here !== undefined) return { runtime: here, plane: gateway };
      const { runtime, plane } = await connectionTo(target);
      const ours = target.type !== "kubernetes" || target.traffic.type === "sluice";
      return { runtime, plane: ours ? gateway : (plane ?? gateway) };
    },
    async preflight(target, project) {
      if (target.type === "none" || local.has(target.type)) return null;
      try {
        const connection = await connectionTo(target);
        return (await connection.preflight?.(target, project)) ?? null;
      } catch (error) {
        if (error instanceof SluiceError) return error.message;
        throw error;
      }
    },
    async collectors(target) {
      if (target.type === "none" || local.has(target.type)) return null;
      return (await connectionTo(target)).collectors ?? null;
    },
    runtimes: () => [...local.values(), ...[...opened.values()].map(({ runtime }) => runtime)],
    own: () => [...local.values()],
    planes: () => [gateway, ...[...opened.values()].flatMap(({ plane }) => plane ?? [])],
    onOpen(listener) {
      for (const runtime of local.values()) listener({ runtime, plane: gateway });
      for (const { runtime, plane } of opened.values()) listener({ runtime, plane: plane ?? gateway });
      listeners.add(listener);
    },
    async close() {
      const settled = await Promise.allSettled(connections.values());
      await Promise.all(settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.close()] : [])));
    },
  };
}
