import { availableParallelism, totalmem } from "node:os";
import type { Capacity } from "../checks.ts";

/** What this process may use: the machine's memory and cores, or those of the container it is in. */
export function machineCapacity(): Capacity {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return { memoryMb: bytes / 1024 ** 2, cpuCores: availableParallelism() };
}
