import type { Gate } from "@sluice/client";
import { type Comparison, conditionName, gateConditionSchema } from "@sluice/core";
import { type Column, renderFields, renderTable } from "../output/table.ts";

type Condition = Gate["conditions"][number];

export const GATE_COLUMNS: Column<Gate>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "artifact", value: ({ artifact, kind }) => artifact ?? (kind === null ? "every" : `every ${kind}`) },
  { title: "environment", value: ({ environment }) => environment ?? "every" },
  { title: "required", value: ({ required }) => (required ? "yes" : "no") },
  { title: "conditions", value: ({ conditions }) => conditions.map(conditionText).join("; ") },
];

const SIGNS: Readonly<Record<Comparison, string>> = { gte: ">=", lte: "<=", eq: "=", gt: ">", lt: "<" };

/** `accuracy on smoke >= 0.9`, as a person would say it. */
function conditionText(condition: Condition): string {
  const name = nameOf(condition);
  const text = condition.type === "custom" ? name : `${name} ${SIGNS[condition.operator]} ${condition.threshold}`;
  return condition.required ? text : `${text} (advisory)`;
}

/** A server that is newer than this command may know conditions of other shapes. */
function nameOf(condition: Condition): string {
  const known = gateConditionSchema.safeParse(condition);
  return known.success ? conditionName(known.data) : (condition.name ?? condition.type);
}

export const renderGate = (gate: Gate): string =>
  [
    renderFields({
      name: gate.name,
      artifact: gate.artifact ?? "every",
      kind: gate.kind,
      environment: gate.environment ?? "every",
      required: gate.required ? "yes" : "no, it only reports",
      "waits for figures": `${gate.waitSeconds} s`,
    }),
    "",
    renderTable(gate.conditions, [
      { title: "condition", value: nameOf },
      { title: "type", value: ({ type }) => type },
      {
        title: "must be",
        value: (one) => (one.type === "custom" ? "true" : `${SIGNS[one.operator]} ${one.threshold}`),
      },
      { title: "required", value: ({ required }) => (required ? "yes" : "no") },
    ]),
  ].join("\n");
