import type { InstanceStatus, Runtime, Workload } from "@sluice/core";

/** What a runtime has to offer so that the suite can try it. */
export interface RuntimeHarness {
  /** A started runtime without instances. */
  readonly runtime: Runtime;
  /** A workload that runs one of the programs in `fixtures/`. */
  workload(fixture: string, changes?: Partial<Workload>): Workload;
  /** Ends the supervision and begins a new one over the same instances. */
  reopen(): Promise<void>;
  /** Ends the instance's program from outside, as a crash would. */
  killInstance(instance: InstanceStatus): Promise<void>;
  /** GET of a path at an instance. */
  get(instance: InstanceStatus, path: string): Promise<{ status: number; body: string }>;
  /** Removes everything; fails when something is left running. */
  dispose(): Promise<void>;
  /** Tells a program from the one that was started in its place. Default: its process. */
  incarnation?(instance: InstanceStatus): unknown;
  /** Long enough to become ready, where that takes longer than on a machine. Default: 700 ms. */
  readonly liveMs?: number;
  /** In which a program that says nothing shall be judged. Default: 1. */
  readonly deadlineSeconds?: number;
  /** How probes that fail are spoken of, where others probe. */
  readonly words?: { silent: string; garbage: string; broken: string };
  /** Whether those that have run longest stay where fewer are wanted. Default: yes; a cluster chooses for itself. */
  readonly keepsOldest?: boolean;
}

/** Where instances are processes of this machine, whatever is around them. */
export const ON_THIS_MACHINE: Pick<RuntimeHarness, "killInstance" | "get"> = {
  async killInstance({ pid }) {
    if (pid !== null) process.kill(pid, "SIGKILL");
  },
  async get({ address }, path) {
    const response = await fetch(`http://${address?.host}:${address?.port}${path}`);
    return { status: response.status, body: await response.text() };
  },
};
