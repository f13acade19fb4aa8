/** Where the instances of a pipeline are to be: so many on each node. */
export interface NodePlan {
  nodes: string[];
  replicas: number;
  /** The revision whose collector measures a node as soon as it is ready there; null: none was ever delivered. */
  leading: number | null;
}

export interface Place {
  node: string;
  replica: number;
}

/** All places of a plan, node by node: with k × replicas instances, the first k nodes are complete. */
export const placesOf = ({ nodes, replicas }: NodePlan): Place[] =>
  nodes.flatMap((node) => Array.from({ length: replicas }, (_, replica) => ({ node, replica })));

/** Steps of one strategy. */
const MOST_STEPS = 50;

/**
 * Percentages at which one more node has its new collectors, or a few more where there are many: the steps of a rolling
 * update. Rounded down, because the instances for a share are rounded up.
 */
export function nodeSteps(nodes: number): number[] {
  const steps = Math.min(nodes, MOST_STEPS);
  return Array.from({ length: steps }, (_, index) => {
    const done = Math.ceil(((index + 1) * nodes) / steps);
    return Math.floor((done / nodes) * 10_000) / 100;
  });
}
