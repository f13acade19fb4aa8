import { type EnvironmentSpec, type Instant, SluiceError, type Target, targetName, targetOf } from "@sluice/core";
import type { Db } from "../../db/database.ts";
import { changeDeployment, type StoredDeployment } from "../../deployment/deployment.store.ts";
import { wakeDeployment } from "../../engine/wake.ts";
import { membersOfDeployment } from "../../fleet/member.store.ts";
import { requireNodes } from "./pipeline.nodes.ts";
import type { NodesOf } from "./pipeline.places.ts";
import type { StoredPipeline } from "./pipeline.store.ts";

const NOWHERE: Target = { type: "none" };

/** Where collectors of a deployment run: at every target of the environment (`everywhere`), or at the first. */
export function targetsFor(environment: EnvironmentSpec | undefined, everywhere: boolean): readonly Target[] {
  if (environment === undefined) return [NOWHERE];
  return everywhere ? environment.targets : [targetOf(environment)];
}

/** Names of the nodes that are meant at each target, by the target's name. */
type NodesByTarget = ReadonlyMap<string, readonly string[]>;

/** Throws `failed_precondition`, naming the target where there are several, when no node of one is meant. */
export async function requireNodesAt(
  db: Db,
  nodesOf: NodesOf,
  targets: readonly Target[],
  wish: Pick<StoredPipeline, "targetNodes" | "selector">,
  field: string,
): Promise<NodesByTarget> {
  const found = targets.map(async (target) => {
    const { nodes } = await nodesOf(db, target);
    return [targetName(target), required(targetName(target), () => requireNodes(wish, nodes, field))] as const;
  });
  return new Map(await Promise.all(found));

  function required(name: string, nodes: () => string[]): string[] {
    try {
      return nodes();
    } catch (error) {
      if (targets.length === 1 || !(error instanceof SluiceError)) throw error;
      const { code, message, violations } = error;
      throw new SluiceError(code, `target ${name}: ${message}`, { violations: [...violations], cause: error });
    }
  }
}

/** Of the target that has most: what is asked of each must suit that one too. */
export const mostNodes = (nodes: NodesByTarget): number =>
  Math.max(...[...nodes.values()].map((names) => names.length));

/** Gives each member `each` collectors for every node that its target has. Answers whether any had another number. */
export async function fitMembers(
  db: Db,
  { id, fleet }: Pick<StoredDeployment, "id" | "fleet">,
  { nodes, each }: { nodes: NodesByTarget; each: number },
  now: Instant,
): Promise<boolean> {
  if (fleet === null) return false;
  let changed = false;
  for (const member of await membersOfDeployment(db, id)) {
    const names = member.target === null ? undefined : nodes.get(targetName(member.target));
    const replicas = (names?.length ?? 0) * each;
    if (replicas === 0 || replicas === member.replicas) continue;
    await changeDeployment(db, member.id, { replicas }, new Date(now));
    await wakeDeployment(db, member.id);
    changed = true;
  }
  return changed;
}
