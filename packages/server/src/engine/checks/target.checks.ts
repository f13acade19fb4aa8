import { isRunnable } from "@sluice/core";
import type { Check } from "../checks.ts";
import { fail, pass } from "./finding.ts";

const targetOf = (targets: readonly { type: string }[]): string => targets[0]?.type ?? "none";

/** Whether this server can run the candidate where the environment says. */
export const targetChecks: readonly Check[] = [
  {
    name: "target",
    type: "environment",
    severity: "critical",
    async run({ candidate, targets }) {
      const target = targetOf(candidate.environment.targets);
      if (!isRunnable(candidate.kind)) return pass(`a ${candidate.kind} is resolved, not run: no target is needed`);
      if (target === "none") return pass("the environment runs nothing (target none)");
      if (targets.has(target)) return pass(`target ${target} is available`);
      return fail(`target ${target} is not available in this version; available: ${[...targets].join(", ")}`);
    },
  },
  {
    name: "runnable",
    type: "artifact",
    severity: "critical",
    async run({ candidate: { kind, spec, environment, version } }) {
      const target = targetOf(environment.targets);
      if (!isRunnable(kind) || target === "none") return null;
      // What each of these kinds needs to become a program is asked by its own checks.
      const servesFiles = kind === "model" && "files" in spec;
      if ((kind === "pipeline" || servesFiles) && target === "process") return null;
      if (kind === "pipeline" || servesFiles) {
        return fail(`a ${kind} cannot be run on target ${target} in this version; what runs: application, agent`);
      }
      const command = "command" in spec ? spec.command : undefined;
      if (target === "process" && command === undefined) {
        return fail(`version ${version} has an image and no command; target process runs commands`);
      }
      return pass(`version ${version} can run on target ${target}`);
    },
  },
];
