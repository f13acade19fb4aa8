/**
 * What every server needs. Docker and Kubernetes are apart (`./docker`, `./kubernetes/runtime`): their clients take a second and
 * 100 MiB to load, and belong to those who have such targets.
 */
export { COMMAND_MARK, commandFolder } from "./command/command.folder.ts";
export type { CommandLogLine, CommandStream } from "./command/command.log.ts";
export type { CommandOrder, CommandResult } from "./command/command.order.ts";
export { beginCommand, type CommandName, killCommand, lookAtCommand, stopCommand } from "./command/command.runner.ts";
export { createMask } from "./command/mask.ts";
export { REACHES, type Reach } from "./docker/docker.types.ts";
export { objectName } from "./kubernetes/names.ts";
export { type TrafficNames, trafficNames } from "./kubernetes/traffic/traffic.names.ts";
export { lockFolder } from "./process/folder.lock.ts";
export { createProcessRuntime } from "./process/process.runtime.ts";
export type { ProcessRuntimeOptions } from "./process/process.types.ts";
export { identify, isAlive, type ProcessIdentity } from "./process/process-table.ts";
export type { LogLimits, Policy, RuntimeLogger } from "./supervision/policy.ts";
