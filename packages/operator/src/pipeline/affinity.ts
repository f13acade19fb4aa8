import {
  type LabelledNode,
  type NodeRequirement,
  nodeRequirements,
  type PipelineResource,
  selectsNode,
} from "@sluice/core";

type Wanted = Pick<PipelineResource, "nodeSelector" | "selector" | "maxNodes">;

/** Names of the nodes that are meant, in their order. */
export function nodesFor(wanted: Wanted, nodes: readonly LabelledNode[]): string[] {
  const requirements = nodeRequirements(wanted);
  const names = nodes.filter((node) => selectsNode(requirements, node)).map((node) => node.name);
  return names.toSorted().slice(0, wanted.maxNodes);
}

const OPERATORS = { in: "In", notIn: "NotIn", exists: "Exists", absent: "DoesNotExist" } as const;

/** A label that no node has. */
const NOWHERE = { matchExpressions: [{ key: "phoenix.io/nowhere", operator: "Exists" }] };

/**
 * The same for a DaemonSet. Labels are left to the cluster, which knows of every node first; a limited number of nodes is
 * named one by one. `selected` is what `nodesFor` says.
 */
export function nodeAffinity(wanted: Wanted, selected: readonly string[]): object | null {
  const requirements = nodeRequirements(wanted);
  if (wanted.maxNodes === undefined && requirements.length === 0) return null;
  const terms =
    wanted.maxNodes === undefined
      ? [{ matchExpressions: requirements.map(expression) }]
      : selected.map((name) => ({ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }));
  const nodeSelectorTerms = terms.length === 0 ? [NOWHERE] : terms;
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

const expression = ({ key, operator, values }: NodeRequirement) => ({
  key,
  operator: OPERATORS[operator],
  ...(values !== undefined && { values }),
});
