import { join } from "node:path";
import type { Runtime } from "@sluice/core";
import { SILENT } from "../supervision/policy.ts";
import { createSupervisingRuntime } from "../supervision/supervising.runtime.ts";
import { checkWorkload, commandWorkloadSchema } from "../supervision/workload.schema.ts";
import { createProcessDriver, isProcess } from "./process.driver.ts";
import type { ProcessRuntimeOptions } from "./process.types.ts";
import { createUsageSampler } from "./usage.sampler.ts";

/**
 * Runs instances as processes of this machine that outlive the supervising process: after its death, however it came,
 * `start` of the next one takes them over. Images are not its business. Limits of memory and CPU are not enforced, but what
 * each instance uses is measured, about once a second.
 * One process may supervise a folder at a time: `start` throws `failed_precondition` while another does.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const clock = options.clock ?? Date.now;
  const logger = options.logger ?? SILENT;
  return createSupervisingRuntime({
    type: "process",
    root: join(options.dataDir, "instances"),
    driver: createProcessDriver({ baseEnv: options.baseEnv, clock }),
    check: (workload) => checkWorkload(workload, commandWorkloadSchema),
    measure(running) {
      const processes = async () =>
        (await running()).flatMap(({ id, process }) => (isProcess(process) ? [{ id, process }] : []));
      return createUsageSampler({ running: processes, clock, logger });
    },
    clock,
    logger,
    logs: options.logs,
    policy: options.policy,
  });
}
