import { z } from "zod";

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

const CPU = /^(\d+(?:\.\d+)?)(m?)$/;
const MEMORY = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/;

/** CPU as Kubernetes writes it: cores ("0.5", "2") or thousandths ("100m"). */
export const cpuSchema = z.string().regex(CPU, "cores such as 0.5 or 2, or thousandths such as 100m");

/** Memory as Kubernetes writes it: bytes with an optional unit ("512Mi", "1G"). */
export const memorySchema = z
  .string()
  .regex(MEMORY, "bytes with an optional unit k, M, G, T, Ki, Mi, Gi or Ti, such as 512Mi");

/** Cores of a quantity that `cpuSchema` accepts. */
export function cpuCores(quantity: string): number {
  const [, amount = "0", unit] = CPU.exec(quantity) ?? [];
  return Number(amount) / (unit === "m" ? 1_000 : 1);
}

/** Mebibytes of a quantity that `memorySchema` accepts. */
export function memoryMb(quantity: string): number {
  const [, amount = "0", unit = ""] = MEMORY.exec(quantity) ?? [];
  return (Number(amount) * (MEMORY_UNITS[unit] ?? 1)) / 1024 ** 2;
}
