import { connectionOf, type LabelledNode, requirementsOf, selectsNode, type Target, type TargetOf } from "@sluice/core";
import type { Config } from "../../config.ts";
import type { Db } from "../../db/database.ts";
import type { CheckEnvironment } from "../../engine/checks.ts";
import type { Collectors } from "../../engine/targets.ts";
import { allNodes } from "../../node/node.service.ts";

/** The nodes that pipelines at a target can be on. */
export interface NodesThere {
  nodes: readonly LabelledNode[];
  /** Of a cluster, which has its own ways to tell collectors where they are. */
  inCluster: boolean;
}

/** Throws `SluiceError` when a cluster cannot be asked. */
export type NodesOf = (db: Db, target: Target) => Promise<NodesThere>;

interface Deps {
  config: Pick<Config, "nodeLabels">;
  checks: Pick<CheckEnvironment, "collectors">;
  clock: () => number;
}

/** Nodes come and go, but not every second. */
const FRESH_MS = 5_000;

export function createNodesOf({ config, checks, clock }: Deps): NodesOf {
  const known = new Map<string, { until: number; nodes: Promise<LabelledNode[]> }>();

  const nodesIn = (target: TargetOf<"kubernetes">, collectors: Collectors): Promise<LabelledNode[]> => {
    const key = connectionOf(target);
    const fresh = known.get(key);
    if (fresh !== undefined && fresh.until > clock()) return fresh.nodes;
    const nodes = collectors.nodes();
    known.set(key, { until: clock() + FRESH_MS, nodes });
    nodes.catch(() => known.delete(key));
    return nodes;
  };

  return async (db, target) => {
    const collectors = target.type === "kubernetes" ? await checks.collectors?.(target) : null;
    if (target.type !== "kubernetes" || collectors == null)
      return { nodes: await allNodes(db, config), inCluster: false };
    const nodes = await nodesIn(target, collectors);
    const requirements = requirementsOf(target.nodeSelector ?? {});
    return { nodes: nodes.filter((node) => selectsNode(requirements, node)), inCluster: true };
  };
}
