import type { CelDeclarations } from "./cel.declarations.ts";

export interface CelRequest {
  expression: string;
  declarations: CelDeclarations;
  /** A value of JSON for each variable that is declared. */
  values: Readonly<Record<string, unknown>>;
}

export type CelOutcome =
  | { status: "value"; value: boolean }
  /** The expression asked for something that is not there, and did not ask with `has()` whether it is. */
  | { status: "missing"; path: string[] }
  /** In half a sentence. */
  | { status: "failed"; message: string };
