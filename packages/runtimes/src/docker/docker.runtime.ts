import { homedir } from "node:os";
import { join } from "node:path";
import { type Runtime, SluiceError, type Target } from "@sluice/core";
import { SILENT } from "../supervision/policy.ts";
import { createSupervisingRuntime, type SupervisingRuntime } from "../supervision/supervising.runtime.ts";
import { checkWorkload, imageWorkloadSchema } from "../supervision/workload.schema.ts";
import { createContainerSampler } from "./container.usage.ts";
import { type DaemonWatch, watchDaemon } from "./daemon.events.ts";
import { createDaemon } from "./daemon.ts";
import { folderId } from "./data-folder.id.ts";
import { createDockerDriver, type DockerDriver } from "./docker.driver.ts";
import type { DockerRuntimeOptions } from "./docker.types.ts";
import { createImageKeeper } from "./image.keeper.ts";
import { createImagePuller } from "./image.puller.ts";
import { networkFault } from "./network.ts";
import { credentialsFor } from "./registry.credentials.ts";

export interface DockerRuntime extends Runtime {
  /** Why nothing could run at the target now, in a sentence; null: nothing is known against it. */
  preflight(target: Target): Promise<string | null>;
}

/**
 * Runs instances as containers of one daemon: Docker, or Podman by Docker's API. Containers outlive this process and are
 * taken over by the next `start` on the same folder; those of other folders are never touched. Probes, restarts and
 * back-off are ours, not the daemon's. While the daemon is away, what runs is still probed and serves; what is missing is
 * launched when it is back. `start` throws `unavailable` when the daemon does not answer.
 */
export function createDockerRuntime(options: DockerRuntimeOptions): DockerRuntime {
  const { folder, daemon: address, reach = "published", programEnv } = options;
  const clock = options.clock ?? Date.now;
  const logger = options.logger ?? SILENT;
  const configFolder = options.configFolder ?? join(programEnv.HOME ?? homedir(), ".docker");
  const daemon = createDaemon(address);
  const puller = createImagePuller({
    daemon,
    credentials: (registry) => credentialsFor(registry, { folder: configFolder, env: programEnv }),
    clock,
    logger,
  });
  const images = createImageKeeper(daemon, puller);
  let started: { supervision: SupervisingRuntime; driver: DockerDriver; watch: DaemonWatch } | null = null;

  const supervision = (): SupervisingRuntime => {
    if (started === null) throw new SluiceError("failed_precondition", "the docker runtime is not started");
    return started.supervision;
  };
  const listeners = new Set<(deployment: string) => void>();

  return {
    type: "docker",

    async start() {
      if (started !== null) return;
      await daemon.call("asking whether it is there", (docker) => docker.ping());
      const owner = await folderId(folder);
      const driver = createDockerDriver({ daemon, images, owner, reach, clock, logger });
      const before = await driver.all();
      const supervising = createSupervisingRuntime({
        type: "docker",
        root: join(folder, "deployments"),
        driver,
        check: (workload) => checkWorkload(workload, imageWorkloadSchema),
        measure: (running) => createContainerSampler({ daemon, running, clock, logger }),
        clock,
        logger,
        logs: options.logs,
        policy: options.policy,
      });
      supervising.onChange((deployment) => {
        for (const listener of listeners) listener(deployment);
      });
      await supervising.start();
      await driver.removeStrays(before);
      const onAny = (): void => {
        driver.refresh();
        supervising.poke();
      };
      const watch = watchDaemon({ daemon, owner, logger, onContainer: driver.refresh, onAny });
      started = { supervision: supervising, driver, watch };
    },

    async close() {
      await puller.close();
      await started?.watch.close();
      await started?.supervision.close();
      await started?.driver.leave();
    },

    apply: async (workload) => supervision().apply(workload),
    remove: async (target) => supervision().remove(target),
    restart: async (target) => supervision().restart(target),
    observe: async (deployment) => supervision().observe(deployment),
    deployments: async () => supervision().deployments(),
    logs: (query) => supervision().logs(query),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async preflight(target) {
      if (target.type !== "docker") return null;
      try {
        await daemon.call("asking whether it is there", (docker) => docker.ping());
        return await networkFault(daemon, target);
      } catch (error) {
        if (error instanceof SluiceError) return error.message;
        throw error;
      }
    },
  };
}
