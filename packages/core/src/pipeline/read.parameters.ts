import type { Json } from "../json.ts";

/** Reads parameters that were checked against their schema; its defaults are not in them. */

export const numberAt = (parameters: Record<string, Json>, name: string, fallback: number): number => {
  const value = parameters[name];
  return typeof value === "number" ? value : fallback;
};

export const textAt = (parameters: Record<string, Json>, name: string): string | null => {
  const value = parameters[name];
  return typeof value === "string" ? value : null;
};

export const namesAt = (parameters: Record<string, Json>, name: string): string[] => {
  const value = parameters[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
};

/** What every template of the catalogue reads. */
export const commonOf = (parameters: Record<string, Json>) => ({
  collectHost: parameters.collect_host !== false,
  intervalSeconds: numberAt(parameters, "interval_seconds", 10),
  exportTo: textAt(parameters, "export_to"),
  maxErrorRate: numberAt(parameters, "max_error_rate", 0.05),
});
