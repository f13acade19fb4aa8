export { createProcessRuntime } from "./process/process.runtime.ts";
export type { LogLimits, Policy, ProcessRuntimeOptions, RuntimeLogger } from "./process/process.types.ts";
