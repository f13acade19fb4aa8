import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Instant, type LogLine, type Runtime, SluiceError, type Workload } from "@sluice/core";
import { lockFolder } from "../process/folder.lock.ts";
import { DeploymentSupervisor, type SupervisorContext } from "./deployment.supervisor.ts";
import type { Driver } from "./driver.ts";
import type { Body } from "./instance.ts";
import { readLogs } from "./log.reader.ts";
import { DEFAULT_LOG_LIMITS, DEFAULT_POLICY, type LogLimits, type Policy, type RuntimeLogger } from "./policy.ts";
import { createDeploymentStore, storedDeployments } from "./state.store.ts";
import type { UsageSampler } from "./usage.ts";
import { checkDeployment, type StoredWorkload } from "./workload.schema.ts";

const TICK_MS = 200;
/** How long the fence and the last output of a deployment without revisions are kept. */
const FORGET_AFTER_MS = 7 * 24 * 3_600_000;

export interface SupervisingOptions {
  type: Runtime["type"];
  /** Absolute folder that everything is kept in. */
  root: string;
  driver: Driver;
  /** Throws `invalid_argument` for what cannot be run. */
  check(workload: Workload): StoredWorkload;
  /** Begins to measure what runs. */
  measure(running: () => Promise<{ id: string; process: Body }[]>): UsageSampler;
  clock: () => Instant;
  logger: RuntimeLogger;
  logs?: Partial<LogLimits> | undefined;
  policy?: Partial<Policy> | undefined;
}

/** A runtime that supervises its instances itself, and can be told to look at all of them. */
export interface SupervisingRuntime extends Runtime {
  /** Asks for a pass over every deployment. */
  poke(): void;
}

/**
 * A runtime that keeps what is wished in a folder and looks after the instances itself, whatever they live in. After its
 * death, however it came, `start` of the next one takes them over. One process may supervise a folder at a time: `start`
 * throws `failed_precondition` while another does.
 */
export function createSupervisingRuntime(options: SupervisingOptions): SupervisingRuntime {
  const { type, root, driver, clock, logger } = options;
  const listeners = new Set<(deployment: string) => void>();
  const supervisors = new Map<string, Promise<DeploymentSupervisor>>();
  const closed = new AbortController();
  let unlock: (() => Promise<void>) | null = null;
  let sampler: UsageSampler | null = null;
  let ticker: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();

  const context: SupervisorContext = {
    driver,
    clock,
    logger,
    policy: { ...DEFAULT_POLICY, ...options.policy },
    logLimits: { ...DEFAULT_LOG_LIMITS, ...options.logs },
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
      throw new SluiceError("failed_precondition", `the ${type} runtime is not started`);
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

  const running = async () => (await readable()).flatMap(([, supervisor]) => supervisor.running());

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
    type,

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
      sampler = options.measure(running);
    },

    async close() {
      closed.abort();
      await sampler?.close();
      clearTimeout(ticker);
      await ticking;
      for (const [, supervisor] of await readable()) await supervisor.close();
      await unlock?.();
    },

    async apply(workload) {
      const checked = options.check(workload);
      await (await supervisorOf(checked.deployment)).apply(checked);
    },

    async remove({ deployment, revision, fence }) {
      await (await supervisorOf(deployment)).remove(revision, fence);
    },

    async restart({ deployment, revision, fence }) {
      await (await supervisorOf(deployment)).restart(revision, fence);
    },

    async observe(deployment) {
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

    async *logs(query): AsyncGenerator<LogLine> {
      checkDeployment(query.deployment);
      const supervisor = await supervisors.get(query.deployment);
      yield* readLogs(() => supervisor?.logSources() ?? [], query, closed.signal);
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    poke() {
      void readable().then((all) => {
        for (const [, supervisor] of all) supervisor.poke();
      });
    },
  };
}
