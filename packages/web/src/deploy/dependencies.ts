import { newKey, numberOf } from "./text.ts";
import type { Config, PresentConfig } from "./types.ts";

type Dependency = NonNullable<Config["dependencies"]>[number];

/** A service that is asked before anything runs, as it is written. */
export interface DependencyDraft {
  /** Tells lines apart while they are written; no part of what is sent. */
  key: string;
  name: string;
  type: Dependency["type"];
  address: string;
  /** Of HTTP: what is asked for. Of gRPC: which service is meant. Of TCP nothing. */
  detail: string;
  required: boolean;
  timeout: string;
}

const USUAL_TIMEOUT = "3";

export const newDependency = (): DependencyDraft => ({
  key: newKey(),
  name: "",
  type: "http",
  address: "",
  detail: "",
  required: true,
  timeout: USUAL_TIMEOUT,
});

export const dependenciesFrom = (config: PresentConfig | undefined): DependencyDraft[] =>
  (config?.dependencies ?? []).map(({ name, type, address, path, service, required, timeoutSeconds }) => ({
    key: name,
    name,
    type,
    address,
    detail: path ?? service ?? "",
    required,
    timeout: String(timeoutSeconds),
  }));

/** As the API has them; none is said where none is meant and none was there. */
export function dependenciesOf(
  drafts: readonly DependencyDraft[],
  base: PresentConfig | undefined,
): Pick<Config, "dependencies"> {
  if (drafts.length === 0 && base?.dependencies === undefined) return {};
  const dependencies = drafts.map(({ name, type, address, detail, required, timeout }) => ({
    name: name.trim(),
    type,
    address: address.trim(),
    ...(type === "http" && detail.trim() !== "" && { path: detail.trim() }),
    ...(type === "grpc" && detail.trim() !== "" && { service: detail.trim() }),
    required,
    timeoutSeconds: numberOf(timeout),
  }));
  return { dependencies };
}
