import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type LogLine,
  type LogQuery,
  type Runtime,
  SluiceError,
  type Workload,
  type WorkloadStatus,
} from "@sluice/core";
import { DeploymentSupervisor, type SupervisorContext } from "./deployment.supervisor.ts";
import { lockFolder } from "./folder.lock.ts";
import { readLogs } from "./log.reader.ts";
import { createPortPool } from "./port.pool.ts";
import { DEFAULT_LOG_LIMITS, DEFAULT_POLICY, type ProcessRuntimeOptions } from "./process.types.ts";
import { createDeploymentStore, storedDeployments } from "./state.store.ts";
import { createUsageSampler, type Measured, type UsageSampler } from "./usage.sampler.ts";
import { checkDeployment, checkWorkload } from "./workload.schema.ts";

const TICK_MS = 200;
/** How long the fence and the last output of a deployment without revisions are kept. */
const FORGET_AFTER_MS = 7 * 24 * 3_600_000;

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Runs instances as processes of this machine that outlive the supervising process: after its death, however it came,
 * `start` of the next one takes them over. Images are not its business. Limits of memory and CPU are not enforced, but what
 * each instance uses is measured, about once a second.
 * One process may supervise a folder at a time: `start` throws `failed_precondition` while another does.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const root = join(options.dataDir, "instances");
  const clock = options.clock ?? Date.now;
  const logger = options.logger ?? silent;
  const listeners = new Set<(deployment: string) => void>();
  const supervisors = new Map<string, Promise<DeploymentSupervisor>>();
  const closed = new AbortController();
  let unlock: (() => Promise<void>) | null = null;
  let sampler: UsageSampler | null = null;
  let ticker: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();

  const context: SupervisorContext = {
    baseEnv: options.baseEnv,
    clock,
    logger,
    policy: { ...DEFAULT_POLICY, ...options.policy },
    logLimits: { ...DEFAULT_LOG_LIMITS, ...options.logs },
    ports: createPortPool(),
    onChange(deployment) {
      for (const listener of listeners) callListener(listener, deployment);
    },
  };

  function callListener(listener: (deployment: string) => void, deployment: string): void {
    try {
      listener(deployment);
    } catch (error) {
      logger.error({ deployment, err: error }, "a listener of the runtime failed");
    }
  }

  function supervisorOf(deployment: string): Promise<DeploymentSupervisor> {
    if (unlock === null || closed.signal.aborted)
      throw new SluiceError("failed_precondition", "the process runtime is not started");
    checkDeployment(deployment);
    const known = supervisors.get(deployment);
    if (known !== undefined) return known;
    const made = createDeploymentStore(root, deployment).then(async (store) => {
      const supervisor = new DeploymentSupervisor(deployment, store, context);
      await supervisor.adopt();
      return supervisor;
    });
    supervisors.set(deployment, made);
    return made;
  }

  /** Those that could be read; a damaged one fails its own calls and nobody else's. */
  async function readable(): Promise<[string, DeploymentSupervisor][]> {
    const settled = await Promise.allSettled(
      [...supervisors].map(async ([name, made]): Promise<[string, DeploymentSupervisor]> => [name, await made]),
    );
    return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }

  const running = async (): Promise<Measured[]> =>
    (await readable()).flatMap(([, supervisor]) => supervisor.processes());

  async function tick(): Promise<void> {
    for (const [deployment, supervisor] of await readable())
      await supervisor
        .tick()
        .catch((error: unknown) => logger.error({ deployment, err: error }, "log rotation failed"));
    if (closed.signal.aborted) return;
    ticker = setTimeout(() => {
      ticking = tick();
    }, TICK_MS);
  }

  return {
    type: "process",

    async start() {
      if (unlock !== null) return;
      const names = await storedDeployments(root);
      unlock = await lockFolder(join(root, ".lock"));
      const results = await Promise.allSettled(names.map(supervisorOf));
      for (const [index, result] of results.entries())
        if (result.status === "rejected")
          logger.error({ deployment: names[index], err: result.reason }, "a deployment cannot be taken over");
      for (const [name, supervisor] of await readable()) {
        if (!supervisor.isEmpty || clock() - (await stat(join(root, name))).mtimeMs < FORGET_AFTER_MS) continue;
        await supervisor.close();
        supervisors.delete(name);
        await rm(join(root, name), { recursive: true, force: true });
      }
      ticking = tick();
      sampler = createUsageSampler({ running, clock, logger });
    },

    async close() {
      closed.abort();
      await sampler?.close();
      clearTimeout(ticker);
      await ticking;
      for (const [, supervisor] of await readable()) await supervisor.close();
      await unlock?.();
    },

    async apply(workload: Workload) {
      const checked = checkWorkload(workload);
      await (await supervisorOf(checked.deployment)).apply(checked);
    },

    async remove({ deployment, revision, fence }) {
      await (await supervisorOf(deployment)).remove(revision, fence);
    },

    async restart({ deployment, revision, fence }) {
      await (await supervisorOf(deployment)).restart(revision, fence);
    },

    async observe(deployment): Promise<WorkloadStatus[]> {
      checkDeployment(deployment);
      const statuses = (await supervisors.get(deployment))?.observe() ?? [];
      return statuses.map((status) => ({
        ...status,
        instances: status.instances.map((one) => ({ ...one, usage: sampler?.of(one.id, one.pid) ?? null })),
      }));
    },

    async deployments() {
      return (await readable()).flatMap(([name, supervisor]) => (supervisor.isEmpty ? [] : [name]));
    },

    async *logs(query: LogQuery): AsyncGenerator<LogLine> {
      checkDeployment(query.deployment);
      const supervisor = await supervisors.get(query.deployment);
      yield* readLogs(() => supervisor?.logSources() ?? [], query, closed.signal);
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
