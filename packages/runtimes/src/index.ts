export { lockFolder } from "./process/folder.lock.ts";
export { createProcessRuntime } from "./process/process.runtime.ts";
export type { LogLimits, Policy, ProcessRuntimeOptions, RuntimeLogger } from "./process/process.types.ts";
export { identify, isAlive, type ProcessIdentity } from "./process/process-table.ts";
