import type { Rollout } from "@sluice/client";
import { age, percent } from "../output/quantity.ts";
import { type Column, renderTable } from "../output/table.ts";

/** `1.0.0 → 1.1.0`, or the new version alone at a first delivery. */
export const movement = ({ fromVersion, toVersion }: Pick<Rollout, "fromVersion" | "toVersion">): string =>
  fromVersion === null ? toVersion : `${fromVersion} → ${toVersion}`;

export const rolloutColumns = (now: number): Column<Rollout>[] => [
  { title: "id", value: ({ id }) => id },
  { title: "artifact", value: ({ artifact }) => artifact },
  { title: "environment", value: ({ environment }) => environment },
  { title: "version", value: movement },
  { title: "strategy", value: ({ strategy }) => strategy.type },
  { title: "phase", value: ({ phase, paused }) => (paused ? `${phase} (paused)` : phase) },
  { title: "weight", value: ({ weight }) => percent(weight) },
  { title: "age", value: ({ createdAt }) => age(createdAt, now) },
];

type Validation = Rollout["validations"][number];

const VALIDATION_COLUMNS: Column<Validation>[] = [
  { title: "check", value: ({ name }) => name },
  { title: "severity", value: ({ severity }) => severity },
  { title: "result", value: ({ passed }) => (passed ? "passed" : "failed") },
  { title: "message", value: ({ message }) => message },
];

export const renderValidations = (validations: readonly Validation[]): string =>
  renderTable(validations, VALIDATION_COLUMNS);
