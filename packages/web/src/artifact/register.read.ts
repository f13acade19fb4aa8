import type { Artifact } from "@sluice/client";
import { type Draft, DraftError, EMPTY, PROCESSES, ROLES, TYPES, type VariableDraft } from "./register.draft.ts";
import { isObject, type Spec, specOf } from "./register.ts";

/** The form filled in with what a version consists of; null: it has no field for all of that. */
export function draftOf(kind: Artifact["kind"], spec: Readonly<Spec>): Draft | null {
  const draft = read(kind, spec);
  try {
    return written(specOf(kind, draft)) === written(spec) ? draft : null;
  } catch (error) {
    if (error instanceof DraftError) return null;
    throw error;
  }
}

function read(kind: Artifact["kind"], spec: Readonly<Spec>): Draft {
  const isSecond = kind === "model" ? spec.files === undefined : kind === "pipeline" && spec.template === undefined;
  return {
    form: isSecond ? "second" : "first",
    command: Array.isArray(spec.command) ? spec.command.join("\n") : "",
    ...{ image: text(spec.image), process: oneOf(PROCESSES, spec.process) ?? "", workdir: text(spec.workdir) },
    env: pairs(spec.env),
    ...{ files: text(spec.files), runtime: text(spec.runtime), manifest: json(spec.manifest) },
    text: text(spec.text),
    messages: Array.isArray(spec.messages)
      ? spec.messages.filter(isObject).map(({ role, content }, index) => ({
          ...{ key: `old ${index}`, role: oneOf(ROLES, role) ?? "user", content: text(content) },
        }))
      : null,
    literal: kind === "prompt" && spec.template === "none",
    variables: variables(spec.variables),
    model: text(spec.model),
    template: kind === "pipeline" ? text(spec.template) : "",
    ...{ config: json(spec.config), parametersSchema: json(spec.parametersSchema), parameters: json(spec.parameters) },
    ...{ components: pairs(spec.components), migrations: json(spec.migrations), sbom: json(spec.sbom) },
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const oneOf = <Name extends string>(names: readonly Name[], value: unknown): Name | undefined =>
  names.find((name) => name === value);

const pairs = (value: unknown): string =>
  isObject(value)
    ? Object.entries(value)
        .map(([name, one]) => `${name}=${text(one)}`)
        .join("\n")
    : "";

/** What is empty is not written. */
const json = (value: unknown): string =>
  value === undefined || (isObject(value) && Object.keys(value).length === 0) ? "" : JSON.stringify(value, null, 2);

function variables(value: unknown): Draft["variables"] {
  if (!Array.isArray(value)) return EMPTY.variables;
  return Object.fromEntries(
    value.filter(isObject).map(({ name, type, required, default: fallback, description }): [string, VariableDraft] => {
      const kind = oneOf(TYPES, type) ?? "string";
      return [
        text(name),
        {
          type: kind,
          given: fallback !== undefined ? "default" : required === false ? "optional" : "needed",
          fallback: fallback === undefined ? "" : kind === "string" ? text(fallback) : JSON.stringify(fallback),
          description: text(description),
        },
      ];
    }),
  );
}

/** Two specs that mean the same are the same text: without what is usual anyhow, and whatever the order of their names. */
const written = (spec: Readonly<Spec>): string =>
  JSON.stringify(spec, (name, value: unknown) => {
    if (!isObject(value)) return value;
    if (USUAL_EMPTY.has(name) && Object.keys(value).length === 0) return undefined;
    const entries = Object.entries(value).filter(([key, one]) => USUAL[key] !== one);
    return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });

const USUAL_EMPTY = new Set(["env", "parameters"]);
const USUAL: Readonly<Record<string, unknown>> = {
  type: "string",
  required: true,
  template: "mustache",
  process: "service",
};
