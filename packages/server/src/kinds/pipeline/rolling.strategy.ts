import { nodeSteps, parseField, type Strategy, strategySchema } from "@sluice/core";

/** All nodes together get so many seconds to show that a new collector works before the next node is touched. */
const WAITING_SECONDS = 60;
const MOST_A_STEP = 5;
/** After the last node, before the old collectors may go; within it a new one that fails is taken back. */
const VERIFYING_SECONDS = 20;

/**
 * Node by node: each step gives one more node its new collectors and waits a little. The old ones stay beside them until the
 * end, so no node is ever without, and going back is a matter of moments.
 */
export function rollingStrategy(nodes: number): Strategy {
  const shares = nodeSteps(Math.max(1, nodes));
  const seconds = Math.max(1, Math.min(MOST_A_STEP, Math.floor(WAITING_SECONDS / shares.length)));
  const steps = shares.flatMap((percent) => [{ setWeight: percent }, { wait: { seconds } }]);
  return parseField(strategySchema, { type: "canary", steps, monitoringSeconds: VERIFYING_SECONDS }, "strategy");
}
