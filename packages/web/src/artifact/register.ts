import type { Artifact } from "@sluice/client";
import { parseTemplate, placeholdersOf } from "@sluice/core/prompt";
import { parse } from "yaml";
import { type Draft, DraftError, PLAIN_VARIABLE, type VariableDraft } from "./register.draft.ts";

export type Spec = Record<string, unknown>;
type Kind = Artifact["kind"];

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** What is there; what is empty is not said. */
const said = (values: Readonly<Record<string, unknown>>): Spec =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));

/** The spec of a version. Throws `DraftError` for what cannot be read; all else is the server's to judge. */
export const specOf = (kind: Kind, draft: Draft): Spec => ({ ...ownOf(kind, draft), ...commonOf(draft) });

function ownOf(kind: Kind, draft: Draft): Spec {
  switch (kind) {
    case "prompt":
      return promptOf(draft);
    case "pipeline":
      return pipelineOf(draft);
    case "model":
      return draft.form === "first" ? servedOf(draft) : runnableOf(draft);
    case "application":
    case "agent":
      return runnableOf(draft);
  }
}

const runnableOf = ({ command, image, process, workdir, env }: Draft): Spec => ({
  ...(command.trim() !== "" && { command: linesOf(command) }),
  ...said({ image: image.trim(), process, workdir: workdir.trim(), env: pairsOf("env", env) }),
});

const servedOf = ({ files, runtime, manifest }: Draft): Spec => ({
  files: files.trim(),
  runtime: runtime.trim(),
  ...said({ manifest: readOf("manifest", manifest) }),
});

function pipelineOf({ form, template, config, parametersSchema, parameters }: Draft): Spec {
  const rest = said({ parameters: objectOf("parameters", parameters) });
  if (form === "first") return { template, ...rest };
  const own = objectOf("config", config);
  if (own === undefined) throw new DraftError("config", "Wanted: the configuration of a collector");
  return { config: own, ...said({ parametersSchema: objectOf("parametersSchema", parametersSchema) }), ...rest };
}

function promptOf(draft: Draft): Spec {
  const { text, messages, literal, model, parameters } = draft;
  const variables = variablesOf(draft).map((name, index) =>
    variableOf(name, draft.variables[name] ?? PLAIN_VARIABLE, `variables[${index}]`),
  );
  return {
    ...(messages === null ? { text } : { messages: messages.map(({ role, content }) => ({ role, content })) }),
    ...said({ model: model.trim(), parameters: objectOf("parameters", parameters) }),
    ...(literal && { template: "none" }),
    ...(variables.length > 0 && { variables }),
  };
}

function variableOf(name: string, { type, given, fallback, description }: VariableDraft, field: string): Spec {
  return {
    name,
    ...(type !== "string" && { type }),
    ...(given === "optional" && { required: false }),
    ...(given === "default" && { default: type === "string" ? fallback : jsonOf(`${field}.default`, fallback) }),
    ...said({ description: description.trim() }),
  };
}

const commonOf = ({ components, migrations, sbom }: Draft): Spec =>
  said({
    components: pairsOf("components", components),
    migrations: objectOf("migrations", migrations),
    sbom: objectOf("sbom", sbom),
  });

/** The variables that the texts name, each once, in their order. Throws `DraftError` for braces that are no variable. */
export function variablesOf({ text, messages, literal }: Pick<Draft, "text" | "messages" | "literal">): string[] {
  if (literal) return [];
  const texts =
    messages === null
      ? [["text", text] as const]
      : messages.map(({ content }, index) => [`messages[${index}].content`, content] as const);
  return [...new Set(texts.flatMap(([field, one]) => placeholdersIn(field, one)))];
}

function placeholdersIn(field: string, text: string): string[] {
  try {
    return placeholdersOf(parseTemplate(text));
  } catch (error) {
    throw new DraftError(field, error instanceof Error ? error.message : String(error));
  }
}

/** Names with values, one pair a line; undefined: there are none. */
function pairsOf(field: string, text: string): Record<string, string> | undefined {
  const pairs = text.split("\n").flatMap((line): [string, string][] => {
    if (line.trim() === "") return [];
    const at = line.indexOf("=");
    if (at < 1) throw new DraftError(field, `${line.trim()} is no name=value`);
    return [[line.slice(0, at).trim(), line.slice(at + 1)]];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** JSON or YAML, which all JSON is; undefined: nothing is written. */
function readOf(field: string, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw new DraftError(field, error instanceof Error ? error.message : String(error));
  }
}

/** The same, where nothing but names with values makes sense. */
export function objectOf(field: string, text: string): Spec | undefined {
  const value = readOf(field, text);
  if (value === undefined || isObject(value)) return value;
  throw new DraftError(field, 'Wanted: names with values, as in {"temperature": 0.2}');
}

export const isObject = (value: unknown): value is Spec =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function jsonOf(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DraftError(field, "Wanted: a value of the variable's type, as JSON");
  }
}
