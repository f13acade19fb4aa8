import { z } from "zod";
import { describe, type FieldViolation, SluiceError } from "./errors.ts";

type Issue = z.core.$ZodIssue;

/**
 * `value` as `schema` reads it. Throws `invalid_argument` with one violation for each bad field, unknown ones too;
 * `field` is where the value stands in what the user wrote, such as `config`; empty for the whole body.
 */
export function parseField<Schema extends z.ZodType>(schema: Schema, value: unknown, field = ""): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: nameKnownKeys });
  if (parsed.success) return parsed.data;
  throw invalidArgument(violationsOf(parsed.error.issues, value, field));
}

/** The error for these bad fields; its message is about the first. */
export function invalidArgument(violations: FieldViolation[]): SluiceError {
  const [first, ...rest] = violations;
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more)`;
  const message =
    first === undefined
      ? "the request is not valid"
      : `${first.field || "the body"} is ${describe(first.found)}; allowed: ${first.allowed}${more}`;
  return new SluiceError("invalid_argument", message, { violations });
}

/**
 * For zod's `error` option: an unknown key is answered with the keys that exist. Schemas' own messages are phrased as
 * what is allowed, and stay.
 */
export const nameKnownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys") return undefined;
  const known = issue.inst instanceof z.core.$ZodObject ? Object.keys(issue.inst._zod.def.shape) : [];
  return known.length === 0 ? "nothing" : `one of ${known.join(", ")}`;
};

/** What zod found wrong with `value`, as violations that name field, found and allowed. */
export function violationsOf(issues: readonly Issue[], value: unknown, field = ""): FieldViolation[] {
  const violations = issues.flatMap((issue) => {
    const here = fieldName(field, issue.path);
    const found = valueAt(value, issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: fieldName(here, [key]),
        found: valueAt(found, [key]),
        allowed: issue.message,
      }));
    }
    if (issue.code === "invalid_union" && issue.errors.length > 0) return unionViolations(issue.errors, found, here);
    return [{ field: here, found, allowed: allowedBy(issue) }];
  });
  // A value that two schemas must take is wrong to both for the same reason.
  const told = new Map(violations.map((violation) => [`${violation.field} ${violation.allowed}`, violation]));
  return [...told.values()];
}

/** Speaks about the form that the user most likely meant: the one whose own members are all there. */
function unionViolations(branches: readonly Issue[][], found: unknown, field: string): FieldViolation[] {
  const meant = branches.find((issues) => issues.every((issue) => !isForeign(issue, found)));
  if (meant !== undefined) return violationsOf(meant, found, field);
  const [nearest, second] = [...branches].sort((left, right) => strangers(left) - strangers(right));
  if (nearest !== undefined && second !== undefined && strangers(nearest) < strangers(second)) {
    return violationsOf(nearest, found, field);
  }
  const forms = branches.flatMap((issues) => {
    const [first] = issues;
    return first === undefined ? [] : [first.path.length > 0 ? String(first.path[0]) : allowedBy(first)];
  });
  return [{ field, found, allowed: `exactly one of ${[...new Set(forms)].join(", ")}` }];
}

/** How many members the form does not know. */
const strangers = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 0), 0);

const isForeign = (issue: Issue, found: unknown): boolean =>
  issue.path.length === 0 || issue.code === "unrecognized_keys" || valueAt(found, issue.path.slice(0, 1)) === undefined;

function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_NAMES[issue.expected] ?? `a value of type ${issue.expected}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `${issue.values[0]?.toString()}`
        : `one of ${issue.values.map((value) => value?.toString()).join(", ")}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options) ? `one of ${issue.options.join(", ")}` : issue.message;
    case "invalid_format":
      // Zod's own words say that it is invalid, and not what would be valid.
      return issue.message.startsWith("Invalid ") ? (FORMATS[issue.format] ?? issue.message) : issue.message;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  url: "an address such as https://example.com/path",
  email: "an address such as ops@example.com",
  datetime: "a time such as 2026-11-21T10:00:00Z",
  date: "a day such as 2026-11-21",
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  null: "null",
  never: "nothing",
};

const unitOf = (origin: string, limit: number | bigint): string => {
  const one = Number(limit) === 1;
  if (origin === "string") return one ? " character" : " characters";
  if (origin !== "array" && origin !== "set") return "";
  return one ? " entry" : " entries";
};

/** `strategy.steps[2].setWeight`. */
function fieldName(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === "number") return `${name}[${part}]`;
    return name === "" ? String(part) : `${name}.${String(part)}`;
  }, prefix);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, part) ? Reflect.get(inner, part) : undefined,
    value,
  );
}
