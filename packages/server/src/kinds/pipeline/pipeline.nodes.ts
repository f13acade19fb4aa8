import { type LabelledNode, type NodePlan, SluiceError, selectorText, selectsNode } from "@sluice/core";
import { LOCAL_NODE } from "../../node/node.service.ts";
import { type LivingPipeline, requirementsFor, type StoredPipeline } from "./pipeline.store.ts";

type Target = Pick<StoredPipeline, "targetNodes" | "selector">;

/** Names of the nodes that are meant, in their order. */
export function selectedNodes(target: Target, nodes: readonly LabelledNode[]): string[] {
  const requirements = requirementsFor(target);
  return nodes.filter((node) => selectsNode(requirements, node)).map((node) => node.name);
}

/** The same. Throws `failed_precondition` naming the selector and what labels there are when it means none. */
export function requireNodes(target: Target, nodes: readonly LabelledNode[], field: string): string[] {
  const selected = selectedNodes(target, nodes);
  if (selected.length > 0) return selected;
  const selector = selectorText(requirementsFor(target));
  const known = nodes.map(({ name, labels }) => `${name} (${labelText(labels)})`).join(", ");
  throw new SluiceError("failed_precondition", `no node meets the selector ${selector}; the nodes are ${known}`, {
    violations: [{ field, found: selector, allowed: "labels that a node has; see /v1/nodes" }],
  });
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels).length === 0
    ? "no labels"
    : Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .toSorted()
        .join(",");

/**
 * Where the instances of a deployment are to be. One that was made without a selector, as any deployment can be, is on the
 * machine of the server with all its replicas.
 */
export function planOf(
  { stored, replicas, incoming, stable }: Pick<LivingPipeline, "stored" | "replicas" | "incoming" | "stable">,
  nodes: readonly LabelledNode[],
): NodePlan {
  // Also when nothing is under way: the collectors of the revision before are kept for a while, and do not measure again.
  const leading = incoming ?? stable;
  if (stored === null) return { nodes: [LOCAL_NODE], replicas, leading };
  return { nodes: selectedNodes(stored, nodes), replicas: stored.replicas, leading };
}
