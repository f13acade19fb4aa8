import { cpuCores, isRunnable, memoryMb } from "@sluice/core";
import type { Check } from "../checks.ts";
import { type Finding, fail, pass, whenStrict } from "./finding.ts";

/** What the revision's configuration asks for, against what the environment gives. */
export const configChecks: readonly Check[] = [
  {
    name: "resources",
    type: "quota",
    severity: "critical",
    async run({ candidate: { kind, config, environment } }) {
      if (!isRunnable(kind)) return null;
      const { limits, requests } = config.resources;
      const problems = [
        ...tooMuch("limits", limits, environment.limits),
        ...tooMuch("requests", requests, environment.limits),
        ...contradictions(limits, requests),
      ];
      const { memoryMb: memory, cpuCores: cores } = environment.limits;
      return problems.length === 0
        ? pass(`within the environment's ${cores} cores and ${memory} MiB for one instance`)
        : fail(problems.join("; "));
    },
  },
  {
    name: "health-check",
    type: "configuration",
    severity: "high",
    async run({ candidate: { kind, config } }): Promise<Finding | null> {
      if (!isRunnable(kind)) return null;
      const { intervalSeconds, timeoutSeconds, retries } = config.healthCheck;
      if (timeoutSeconds >= config.progressDeadlineSeconds) {
        return fail(
          `healthCheck.timeoutSeconds is ${timeoutSeconds}, not below progressDeadlineSeconds (${config.progressDeadlineSeconds}): no instance could become ready`,
        );
      }
      const noticed = retries * (intervalSeconds + timeoutSeconds);
      return pass(`an instance that hangs is noticed within ${Math.round(noticed * 10) / 10} s`);
    },
  },
  {
    name: "health-path",
    type: "configuration",
    severity: "low",
    async run({ candidate: { kind, config, environment } }) {
      if (!isRunnable(kind)) return null;
      const { path } = config.healthCheck;
      return whenStrict(environment.validationLevel, () =>
        path === null
          ? fail(
              "an open port is all that makes an instance ready; declare healthCheck.path to hear from the program itself",
            )
          : pass(`an instance is ready when GET ${path} answers from 200 to 399`),
      );
    },
  },
];

interface Quantities {
  cpu?: string | undefined;
  memory?: string | undefined;
}

function tooMuch(
  name: string,
  wanted: Quantities | undefined,
  allowed: { memoryMb: number; cpuCores: number },
): string[] {
  const problems: string[] = [];
  if (wanted?.memory !== undefined && memoryMb(wanted.memory) > allowed.memoryMb) {
    problems.push(`resources.${name}.memory is ${wanted.memory}; the environment allows ${allowed.memoryMb}Mi`);
  }
  if (wanted?.cpu !== undefined && cpuCores(wanted.cpu) > allowed.cpuCores) {
    problems.push(`resources.${name}.cpu is ${wanted.cpu}; the environment allows ${allowed.cpuCores}`);
  }
  return problems;
}

function contradictions(limits: Quantities | undefined, requests: Quantities | undefined): string[] {
  const problems: string[] = [];
  if (limits?.memory && requests?.memory && memoryMb(requests.memory) > memoryMb(limits.memory)) {
    problems.push(`resources.requests.memory (${requests.memory}) is above its limit (${limits.memory})`);
  }
  if (limits?.cpu && requests?.cpu && cpuCores(requests.cpu) > cpuCores(limits.cpu)) {
    problems.push(`resources.requests.cpu (${requests.cpu}) is above its limit (${limits.cpu})`);
  }
  return problems;
}
