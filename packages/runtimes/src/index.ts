export { COMMAND_MARK, commandFolder } from "./command/command.folder.ts";
export type { CommandLogLine, CommandStream } from "./command/command.log.ts";
export type { CommandOrder, CommandResult } from "./command/command.order.ts";
export { beginCommand, type CommandName, killCommand, lookAtCommand, stopCommand } from "./command/command.runner.ts";
export { createMask } from "./command/mask.ts";
export { lockFolder } from "./process/folder.lock.ts";
export { createProcessRuntime } from "./process/process.runtime.ts";
export type { LogLimits, Policy, ProcessRuntimeOptions, RuntimeLogger } from "./process/process.types.ts";
export { identify, isAlive, type ProcessIdentity } from "./process/process-table.ts";
