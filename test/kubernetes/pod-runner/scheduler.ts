import { quantity } from "./environment.ts";
import type { NodeRequirement, NodeTerm, Pod, Toleration } from "./pod.types.ts";

/** A node, as a scheduler looks at it. */
export interface NodeView {
  name: string;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  isUnschedulable: boolean;
  allocatable: Record<string, string>;
}

export type Placing = { node: string } | { message: string };

/**
 * Picks the node with the fewest pods of the same owner, then of all, among those that the pod may run on, or says why there is none,
 * as kube-scheduler does.
 */
export function placeOf(pod: Pod, nodes: NodeView[], bound: Pod[]): Placing {
  const reasons: string[] = [];
  const candidates = nodes.filter((node) => {
    const reason = obstacle(pod, node, bound);
    if (reason !== null) reasons.push(reason);
    return reason === null;
  });
  const owner = ownerOf(pod);
  const siblings = owner === undefined ? [] : bound.filter((other) => ownerOf(other) === owner);
  const [best] = candidates.sort(
    (left, right) => on(left, siblings) - on(right, siblings) || on(left, bound) - on(right, bound),
  );
  if (best) return { node: best.name };
  const counts = Object.entries(Object.groupBy(reasons, (reason) => reason));
  const text = counts.map(([reason, all]) => `${all?.length} ${reason}`).join(", ");
  return { message: `0/${nodes.length} nodes are available: ${text}.` };
}

const ownerOf = ({ metadata }: Pod): string | undefined => metadata.ownerReferences?.[0]?.uid;

/** How many of the pods are on the node. */
const on = ({ name }: NodeView, pods: Pod[]): number => pods.filter(({ spec }) => spec.nodeName === name).length;

function obstacle(pod: Pod, node: NodeView, bound: Pod[]): string | null {
  if (node.isUnschedulable) return "node(s) were unschedulable";
  if (!isWanted(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  const taint = node.taints.find((each) => each.effect !== "PreferNoSchedule" && !isTolerated(pod, each));
  if (taint) return `node(s) had untolerated taint(s) {${taint.key}: ${taint.value ?? ""}}`;
  const here = bound.filter(({ spec }) => spec.nodeName === node.name);
  if (here.length >= quantity(node.allocatable.pods ?? "110")) return "Too many pods";
  for (const [resource, amount] of Object.entries(requestsOf(pod))) {
    const free = quantity(node.allocatable[resource] ?? "0");
    const taken = here.reduce((sum, each) => sum + (requestsOf(each)[resource] ?? 0), 0);
    if (amount > 0 && taken + amount > free) return `Insufficient ${resource}`;
  }
  return null;
}

function requestsOf(pod: Pod): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { resources } of pod.spec.containers) {
    // Where only a limit is given, it is the request too.
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
      sums[name] = (sums[name] ?? 0) + quantity(amount);
    }
  }
  return sums;
}

function isWanted({ spec }: Pod, node: NodeView): boolean {
  const selector = Object.entries(spec.nodeSelector ?? {});
  if (selector.some(([key, value]) => node.labels[key] !== value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => isMet(term, node));
}

function isMet({ matchExpressions = [], matchFields = [] }: NodeTerm, node: NodeView): boolean {
  return (
    matchExpressions.every((each) => holds(each, node.labels[each.key])) &&
    matchFields.every((each) => holds(each, each.key === "metadata.name" ? node.name : undefined))
  );
}

function holds({ operator, values = [] }: NodeRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
  }
}

function isTolerated({ spec }: Pod, taint: NodeView["taints"][number]): boolean {
  const tolerates = ({ key, operator = "Equal", value = "", effect }: Toleration): boolean =>
    (effect === undefined || effect === "" || effect === taint.effect) &&
    (key === undefined || key === "" || key === taint.key) &&
    (operator === "Exists" || value === (taint.value ?? ""));
  return (spec.tolerations ?? []).some(tolerates);
}
