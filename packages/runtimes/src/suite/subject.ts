import type { InstanceStatus, ResourceUsage, Runtime, Workload, WorkloadStatus } from "@sluice/core";
import { eventually } from "./eventually.ts";
import type { RuntimeHarness } from "./runtime.harness.ts";

/** The one deployment of every test. */
export const DEPLOYMENT = "greeter";

/** The runtime of the present test, and ways of looking at what it runs. Revisions are the first where none is said. */
export interface Subject {
  readonly harness: RuntimeHarness;
  readonly runtime: Runtime;
  workload(fixture: string, changes?: Partial<Workload>): Workload;
  /** A revision without what its instances use: that is different at every look. */
  observe(revision?: number): Promise<WorkloadStatus | undefined>;
  ready(revision?: number): Promise<InstanceStatus[]>;
  /** Resolves once a revision is available, with as many instances as wanted. */
  available(revision?: number): Promise<WorkloadStatus>;
  /** As `available`, for a revision of one instance. */
  one(revision?: number): Promise<InstanceStatus>;
  absent(revision?: number): Promise<true>;
  /** Resolves once the revision is judged failed, with `why` in its reason. */
  failed(why: string): Promise<WorkloadStatus>;
  /** Resolves with a measurement of an instance for which it holds. */
  uses(what: string, holds: (usage: ResourceUsage) => boolean): Promise<ResourceUsage>;
  /** Tells a program from the one that was started in its place. */
  incarnation(this: void, instance: InstanceStatus): unknown;
  /** How probes that fail are spoken of. */
  words(): NonNullable<RuntimeHarness["words"]>;
  /** In which a program that says nothing is judged. */
  impatient(): Pick<Workload, "progressDeadlineSeconds">;
}

const WORDS = { silent: "nothing listens on", garbage: "not HTTP", broken: "GET /healthz answered 500" };
/** Where it is measured every ten seconds, and the machine is busy. */
const MEASURED_MS = 40_000;

export function createSubject(present: () => RuntimeHarness): Subject {
  const observeAll = (): Promise<WorkloadStatus[]> => present().runtime.observe(DEPLOYMENT);

  const observe = async (revision = 1): Promise<WorkloadStatus | undefined> => {
    const found = (await observeAll()).find((status) => status.revision === revision);
    return found && { ...found, instances: found.instances.map(({ usage: _, ...instance }) => instance) };
  };

  const usage = async (): Promise<ResourceUsage[]> =>
    (await observeAll()).flatMap(({ instances }) => instances.flatMap((one) => one.usage ?? []));

  const available = async (revision = 1): Promise<WorkloadStatus> => {
    let status: WorkloadStatus | undefined;
    const what = () => `revision ${revision} is available: ${JSON.stringify(status)}`;
    return eventually(what, async () => {
      status = await observe(revision);
      const settled = status?.instances.length === status?.desired;
      return status?.verdict === "available" && settled ? status : undefined;
    });
  };

  return {
    get harness() {
      return present();
    },
    get runtime() {
      return present().runtime;
    },
    workload: (fixture, changes) => present().workload(fixture, changes),
    observe,
    async ready(revision) {
      return (await observe(revision))?.instances.filter(({ state }) => state === "ready") ?? [];
    },
    available,
    async one(revision) {
      const [instance] = (await available(revision)).instances;
      if (instance === undefined) throw new Error("available without an instance");
      return instance;
    },
    absent: (revision = 1) =>
      eventually(`revision ${revision} is gone`, async () => (await observe(revision)) === undefined || undefined),
    failed: (why) =>
      eventually(`revision 1 is judged failed: ${why}`, async () => {
        const status = await observe();
        return status?.verdict === "failed" && status.reason?.includes(why) ? status : undefined;
      }),
    uses: (what, holds) => eventually(what, async () => (await usage()).find(holds), MEASURED_MS),
    incarnation: (instance) => present().incarnation?.(instance) ?? instance.pid,
    words: () => present().words ?? WORDS,
    impatient: () => ({ progressDeadlineSeconds: present().deadlineSeconds ?? 1 }),
  };
}
