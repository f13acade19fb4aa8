import { type Runtime, SluiceError } from "@sluice/core";

/** What a target that cannot be reached is told with. */
const REFUSED = "docker tcp://far:2375: connection refused";

export interface BreakingRuntime {
  readonly runtime: Runtime;
  readonly reachable: boolean;
  /** The connection breaks when this revision arrives, and stays broken until it is mended. */
  breakAt(revision: number): void;
  mend(): void;
}

/** A runtime at the other end of a connection. */
export function createBreakingRuntime(far: Runtime): BreakingRuntime {
  let reachable = true;
  let breaksAt: number | null = null;
  const answers = async (): Promise<void> => {
    if (!reachable) throw new SluiceError("unavailable", REFUSED);
  };
  return {
    runtime: {
      ...far,
      apply: async (workload) => {
        if (workload.revision === breaksAt) [reachable, breaksAt] = [false, null];
        return answers().then(() => far.apply(workload));
      },
      observe: async (deployment) => answers().then(() => far.observe(deployment)),
    },
    get reachable() {
      return reachable;
    },
    breakAt(revision) {
      breaksAt = revision;
    },
    mend() {
      [reachable, breaksAt] = [true, null];
    },
  };
}
