import { isRunnable } from "@sluice/core";
import type { Check } from "../checks.ts";
import { fail, pass } from "./finding.ts";

/** Whether the environment's own rules can be kept at all. */
export const environmentChecks: readonly Check[] = [
  {
    name: "approvals",
    type: "environment",
    severity: "critical",
    async run({ candidate: { environment } }) {
      const { requiredApprovals, approvers } = environment.protection;
      if (requiredApprovals === 0 || approvers === null) return null;
      const people = new Set(approvers).size;
      return people >= requiredApprovals
        ? pass(`${people} people may approve, and ${requiredApprovals} have to`)
        : fail(
            `the environment asks for ${requiredApprovals} approvals and names ${people} who may give one, so nothing could ever be approved; name more in protection.approvers`,
          );
    },
  },
  {
    name: "environment-limits",
    type: "environment",
    severity: "low",
    async run({ capacity, candidate: { kind, environment, target } }) {
      if (capacity === undefined || !isRunnable(kind) || target.type !== "process") return null;
      const { memoryMb, cpuCores } = environment.limits;
      const machine = `the machine has ${Math.floor(capacity.memoryMb)} MiB and ${capacity.cpuCores} cores`;
      return memoryMb <= capacity.memoryMb && cpuCores <= capacity.cpuCores
        ? pass(`one instance may use ${memoryMb} MiB and ${cpuCores} cores, and ${machine}`)
        : fail(
            `one instance may use ${memoryMb} MiB and ${cpuCores} cores, but ${machine}; lower the environment's limits`,
          );
    },
  },
];
