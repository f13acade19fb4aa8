import { SluiceError } from "../errors.ts";
import type { SourceEvent } from "./source.event.ts";

/** Values for `{{tag}}`, `{{inputs.name}}` and so on; null: there is none this time. */
export type PlaceholderValues = Readonly<Record<string, string | null>>;

const KNOWN = ["tag", "branch", "commit", "shortCommit", "repository", "latest", "date"] as const;

export const PLACEHOLDERS: readonly string[] = KNOWN;

const PLACEHOLDER = /\{\{\s*([\w.]+)\s*\}\}/g;
const SHORT = 7;

/** @param date of the firing, as `2026-11-21` */
export const placeholderValues = (event: SourceEvent, date: string): PlaceholderValues => ({
  tag: event.tag,
  branch: event.branch,
  commit: event.commit,
  shortCommit: event.commit?.slice(0, SHORT) ?? null,
  repository: event.repository,
  date,
  ...Object.fromEntries(Object.entries(event.inputs).map(([name, value]) => [`inputs.${name}`, value])),
});

export const isPlaceholder = (name: string): boolean => PLACEHOLDERS.includes(name) || /^inputs\.\w{1,63}$/.test(name);

/** Names that a text has between double braces. */
export const placeholdersIn = (text: string): string[] => [...text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);

/** Names that any text inside a JSON value has. */
export function placeholdersInside(value: unknown): string[] {
  if (typeof value === "string") return placeholdersIn(value);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(placeholdersInside) : [];
}

/** Throws `failed_precondition` for a placeholder that has no value this time. What is no placeholder of ours stays. */
export const render = (text: string, values: PlaceholderValues): string =>
  text.replace(PLACEHOLDER, (whole, name: string) => (isPlaceholder(name) ? filledIn(name, values) : whole));

/** The same for every text inside a JSON value. Values are put in as text, never read again. */
export function renderInside(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === "string") return render(value, values);
  if (Array.isArray(value)) return value.map((item) => renderInside(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renderInside(inner, values)]));
}

/**
 * The name of a version: with `stripLeadingV` a tag `v1.2.0` is version 1.2.0; what a version cannot be named with becomes
 * a dash, as in `feature-x` for the branch `feature/x`.
 */
export function versionName(
  template: string,
  { stripLeadingV }: { stripLeadingV: boolean },
  values: PlaceholderValues,
): string {
  const name = render(template, values)
    .replace(/[^A-Za-z0-9._+-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return stripLeadingV ? name.replace(/^v(?=\d)/i, "") : name;
}

function filledIn(name: string, values: PlaceholderValues): string {
  const value = values[name] ?? null;
  if (value !== null) return value;
  throw new SluiceError(
    "failed_precondition",
    `{{${name}}} has no value: ${WHY[name] ?? "the event does not name it"}`,
  );
}

const WHY: Readonly<Record<string, string>> = { latest: "the artifact has no version yet" };
