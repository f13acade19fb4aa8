import type { PromptContent, PromptVariable } from "@sluice/core/prompt";

type Role = NonNullable<PromptContent["messages"]>[number]["role"];
type Type = NonNullable<PromptVariable["type"]>;

export const ROLES = ["system", "developer", "user", "assistant", "tool"] as const satisfies readonly Role[];
export const TYPES = ["string", "number", "integer", "boolean", "json"] as const satisfies readonly Type[];
/** What does not answer requests, as it does where nothing is said. */
export const PROCESSES = ["stream", "job"] as const;

export interface MessageDraft {
  /** Tells them apart while they are written; no part of what is sent. */
  key: string;
  role: Role;
  content: string;
}

/** What is said of a variable beside its name, which the texts say. */
export interface VariableDraft {
  type: Type;
  given: "needed" | "optional" | "default";
  /** A text, or JSON for the other types. */
  fallback: string;
  description: string;
}

/** What is written of a new version; which of it counts follows from the kind. */
export interface Draft {
  /** Of a model: files that are somewhere, or a program. Of a pipeline: a template of the catalogue, or a configuration. */
  form: "first" | "second";
  /** A program and its arguments, one a line. */
  command: string;
  image: string;
  process: "" | (typeof PROCESSES)[number];
  workdir: string;
  /** `NAME=value`, one a line. */
  env: string;
  files: string;
  runtime: string;
  /** JSON or YAML, like all that follows with a name of more than one word or value. */
  manifest: string;
  text: string;
  /** Null: the prompt is one text. */
  messages: readonly MessageDraft[] | null;
  /** Whether double braces are braces. */
  literal: boolean;
  variables: Readonly<Record<string, VariableDraft>>;
  model: string;
  template: string;
  config: string;
  parametersSchema: string;
  parameters: string;
  /** `name=release`, one a line. */
  components: string;
  migrations: string;
  sbom: string;
}

export const EMPTY: Draft = {
  ...{ form: "first", command: "", image: "", process: "", workdir: "", env: "" },
  ...{ files: "", runtime: "", manifest: "" },
  ...{ text: "", messages: null, literal: false, variables: {}, model: "" },
  ...{ template: "", config: "", parametersSchema: "", parameters: "" },
  ...{ components: "", migrations: "", sbom: "" },
};

export const PLAIN_VARIABLE: VariableDraft = { type: "string", given: "needed", fallback: "", description: "" };

/** What is wrong before anything is sent, by the field as the server would call it: `spec.env`. */
export class DraftError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = `spec${field === "" ? "" : `.${field}`}`;
  }
}
