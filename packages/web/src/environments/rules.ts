import type { Environment } from "@sluice/client";
import { span } from "../format/time.ts";

/** One rule of an environment, as a sentence about the rollouts in it. */
export interface Rule {
  about: string;
  words: string;
}

const LEVELS: Readonly<Record<Environment["validationLevel"], string>> = {
  basic: "Critical findings stop a rollout; others are told",
  standard: "Critical and high findings stop a rollout; others are told",
  strict: "Critical, high and medium findings stop a rollout",
};

const WATCHING: Readonly<Record<Environment["monitoringLevel"], string>> = {
  minimal: "Errors, while traffic moves",
  standard: "Errors and answer times, for half a minute longer",
  comprehensive: "Errors and answer times, for a minute longer",
};

/** All rules that an environment has, in the order in which a rollout meets them. */
export function rulesOf(environment: Environment): Rule[] {
  const { protection, validationLevel, monitoringLevel, limits } = environment;
  const { requireSuccessIn, allowedStrategies, regions, freezeWindows } = protection;
  return [
    { about: "Approvals", words: approvals(protection) },
    ...(requireSuccessIn === null
      ? []
      : [{ about: "Before", words: `The version has completed a rollout in ${requireSuccessIn}` }]),
    { about: "Freezes", words: freezes(freezeWindows.length) },
    { about: "Strategies", words: allowedStrategies === null ? "Any" : `Only ${list(allowedStrategies)}` },
    { about: "Checks", words: LEVELS[validationLevel] },
    { about: "Agents are watched for", words: WATCHING[monitoringLevel] },
    {
      about: "Limits",
      words: `One instance: ${limits.memoryMb} MB of memory, ${limits.cpuCores} ${limits.cpuCores === 1 ? "core" : "cores"}, ${limits.storageGb} GB of storage`,
    },
    ...(regions === null ? [] : [{ about: "Regions", words: `Only ${list(regions)}` }]),
    ...fleet(environment),
  ];
}

function approvals({
  requiredApprovals,
  approvers,
  fourEyes,
  approvalExpirySeconds,
}: Environment["protection"]): string {
  if (requiredApprovals === 0) return "Nobody is asked";
  const whose = approvers === null ? "by anybody with the role approver" : `by ${list(approvers, "or")}`;
  return [
    `${requiredApprovals} ${whose}`,
    ...(fourEyes ? ["not by who begins the rollout"] : []),
    ...(approvalExpirySeconds === null ? [] : [`given up after ${span(approvalExpirySeconds * 1_000)}`]),
  ].join(", ");
}

const freezes = (windows: number): string =>
  windows === 0
    ? "Rollouts begin at any time"
    : `${windows} ${windows === 1 ? "window" : "windows"} in which none begins`;

function fleet({ targets, waves, onWaveFailure }: Environment): Rule[] {
  if (targets.length < 2) return [];
  const order =
    waves === null
      ? "One target after the other"
      : `${waves.length} ${waves.length === 1 ? "wave" : "waves"} over ${targets.length} targets`;
  const failure = {
    stop: "the others stay as they are when one fails",
    rollback: "all go back when one fails",
  };
  return [{ about: "Waves", words: onWaveFailure === null ? order : `${order}; ${failure[onWaveFailure]}` }];
}

/** `a`, `a and b`, `a, b and c`. */
function list(names: readonly string[], last: "and" | "or" = "and"): string {
  const end = names.at(-1) ?? "none";
  return names.length < 2 ? end : `${names.slice(0, -1).join(", ")} ${last} ${end}`;
}
