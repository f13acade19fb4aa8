import type { Environment } from "@sluice/client";
import type { FreezeWindow } from "./freeze.ts";

/** What the server takes: without its key and its times. */
export type EnvironmentSpec = Omit<Environment, "name" | "project" | "createdAt" | "updatedAt">;

export function specOf({ name: _, project: _p, createdAt: _c, updatedAt: _u, ...spec }: Environment): EnvironmentSpec {
  return spec;
}

/** The common rules as they stand in fields: what is typed there is text until it is sent. */
export interface RuleFields {
  tier: Environment["tier"];
  requiredApprovals: string;
  /** Names, with commas between them; empty: everybody with the role. */
  approvers: string;
  /** Empty: waited for without end. */
  approvalExpiryHours: string;
  fourEyes: boolean;
  /** Empty: none. */
  requireSuccessIn: string;
  /** None chosen: any. */
  allowedStrategies: Strategy[];
  validationLevel: Environment["validationLevel"];
  monitoringLevel: Environment["monitoringLevel"];
  memoryMb: string;
  cpuCores: string;
  storageGb: string;
  freezeWindows: WindowFields[];
}

export type Strategy = NonNullable<Environment["protection"]["allowedStrategies"]>[number];

export interface WindowFields {
  schedule: string;
  durationHours: string;
  timezone: string;
}

const HOUR_SECONDS = 3_600;

export function fieldsOf({ tier, validationLevel, monitoringLevel, limits, protection }: Environment): RuleFields {
  const { approvalExpirySeconds, approvers, allowedStrategies, requireSuccessIn } = protection;
  return {
    ...{ tier, validationLevel, monitoringLevel, fourEyes: protection.fourEyes },
    requiredApprovals: String(protection.requiredApprovals),
    approvers: approvers?.join(", ") ?? "",
    approvalExpiryHours: approvalExpirySeconds === null ? "" : String(approvalExpirySeconds / HOUR_SECONDS),
    requireSuccessIn: requireSuccessIn ?? "",
    allowedStrategies: allowedStrategies ?? [],
    memoryMb: String(limits.memoryMb),
    cpuCores: String(limits.cpuCores),
    storageGb: String(limits.storageGb),
    freezeWindows: protection.freezeWindows.map(({ schedule, durationMinutes, timezone }) => ({
      ...{ schedule, timezone },
      durationHours: String(durationMinutes / 60),
    })),
  };
}

/** The environment with what the fields say. What they say nothing of stays as it is. */
export function specWith(environment: Environment, fields: RuleFields): EnvironmentSpec {
  const spec = specOf(environment);
  const approvers = namesIn(fields.approvers);
  const expiry = fields.approvalExpiryHours.trim();
  return {
    ...spec,
    tier: fields.tier,
    validationLevel: fields.validationLevel,
    monitoringLevel: fields.monitoringLevel,
    limits: {
      memoryMb: numberIn(fields.memoryMb),
      cpuCores: numberIn(fields.cpuCores),
      storageGb: numberIn(fields.storageGb),
    },
    protection: {
      ...spec.protection,
      requiredApprovals: numberIn(fields.requiredApprovals),
      approvers: approvers.length === 0 ? null : approvers,
      approvalExpirySeconds: expiry === "" ? null : Math.round(numberIn(expiry) * HOUR_SECONDS),
      fourEyes: fields.fourEyes,
      requireSuccessIn: fields.requireSuccessIn === "" ? null : fields.requireSuccessIn,
      allowedStrategies: fields.allowedStrategies.length === 0 ? null : fields.allowedStrategies,
      freezeWindows: fields.freezeWindows.map(windowOf),
    },
  };
}

const windowOf = ({ schedule, durationHours, timezone }: WindowFields): FreezeWindow => ({
  schedule: schedule.trim(),
  durationMinutes: Math.round(numberIn(durationHours) * 60),
  timezone: timezone.trim(),
});

/** Not a number where there is none: it is sent as null, which the server refuses by name. */
const numberIn = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

const namesIn = (text: string): string[] => [...new Set(text.split(",").map((name) => name.trim()))].filter(Boolean);
