import { isDeepStrictEqual } from "node:util";
import { SluiceError } from "@sluice/core";
import type { DeploymentStore } from "./state.store.ts";
import type { DeploymentState, Wish } from "./wish.ts";

/** What is wished of one deployment, in memory as on disk. */
export interface WishBook {
  all(): Wish[];
  of(revision: number): Wish | undefined;
  /** Throws `data_loss`. */
  read(): Promise<void>;
  /** Durable when it returns. Throws `aborted` when the fence is stale; then nothing changed. */
  change(fence: number, change: (wishes: Wish[]) => Wish[]): Promise<void>;
  forget(revision: number): Promise<void>;
  /** What may be lost with the machine's power. */
  note(change: (wish: Wish) => Wish): Promise<void>;
}

export function createWishBook(deployment: string, store: Pick<DeploymentStore, "readState" | "writeState">): WishBook {
  let state: DeploymentState = { deployment, fence: 0, wishes: [] };

  async function write(next: DeploymentState, durable: boolean): Promise<void> {
    await store.writeState(next, { durable });
    state = next;
  }

  return {
    all: () => state.wishes,
    of: (revision) => state.wishes.find(({ workload }) => workload.revision === revision),
    async read() {
      state = (await store.readState()) ?? state;
    },
    async change(fence, change) {
      if (fence < state.fence)
        throw new SluiceError(
          "aborted",
          `fence ${fence} of ${deployment} is stale; the highest seen is ${state.fence}`,
        );
      const next = { ...state, fence, wishes: change(state.wishes) };
      if (!isDeepStrictEqual(next, state)) await write(next, true);
    },
    forget: (revision) =>
      write({ ...state, wishes: state.wishes.filter(({ workload }) => workload.revision !== revision) }, true),
    async note(change) {
      const wishes = state.wishes.map(change);
      if (wishes.some((wish, index) => wish !== state.wishes[index])) await write({ ...state, wishes }, false);
    },
  };
}
