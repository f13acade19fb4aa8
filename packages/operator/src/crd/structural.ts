import { z } from "zod";

/** A schema as CustomResourceDefinitions take it: OpenAPI v3, and structural. */
export type Structural = Record<string, unknown>;

const ANYTHING: Structural = { "x-kubernetes-preserve-unknown-fields": true };

/**
 * A zod schema as a structural schema. A cluster refuses what it can tell to be wrong; what it cannot express (one of several
 * forms, rules between fields) is left open here, and judged by the same zod schema when the object is read. `defaults`: whether
 * the cluster fills them in.
 */
export function structuralSchema(schema: z.ZodType, { defaults = false }: { defaults?: boolean } = {}): Structural {
  const json = z.toJSONSchema(schema, { io: "input", reused: "inline", unrepresentable: "any" });
  return convert(json as Json, defaults);
}

type Json = Record<string, unknown>;

/** Keywords that mean the same in both. */
const KEPT = ["type", "description", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems"] as const;

function convert({ type, ...rest }: Json, defaults: boolean): Structural {
  // `["string", "null"]` is one type that may be null.
  const types = listOf<string>(type).filter((one) => one !== "null");
  if (Array.isArray(type) && types.length === 1)
    return { ...convert({ ...rest, type: types[0] }, defaults), ...(types.length < type.length && { nullable: true }) };
  const json: Json = { ...rest, ...(typeof type === "string" && { type }) };
  const branches = listOf(json.anyOf ?? json.oneOf);
  const described = { ...(typeof json.description === "string" && { description: json.description }) };
  const standard = { ...(defaults && json.default !== undefined && { default: json.default }) };
  if (branches.length > 0) return { ...either(branches, defaults), ...described, ...standard };
  if (json.const !== undefined) return { type: typeOf(json.const), enum: [json.const], ...described };
  if (typeof json.type !== "string") return { ...ANYTHING, ...described, ...standard };
  const kept = Object.fromEntries(KEPT.flatMap((key) => (json[key] === undefined ? [] : [[key, json[key]]])));
  return { ...kept, ...bounds(json), ...members(json, defaults), ...standard };
}

/** Numbers that JavaScript can count to are no bound anybody has chosen. */
function bounds({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Json): Structural {
  const chosen = (value: unknown): value is number =>
    typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return {
    ...(type === "integer" && { format: "int64" }),
    ...(chosen(minimum) && { minimum }),
    ...(chosen(maximum) && { maximum }),
    ...(chosen(exclusiveMinimum) && { minimum: exclusiveMinimum, exclusiveMinimum: true }),
    ...(chosen(exclusiveMaximum) && { maximum: exclusiveMaximum, exclusiveMaximum: true }),
  };
}

function members(json: Json, defaults: boolean): Structural {
  if (json.type === "array") return { items: isJson(json.items) ? convert(json.items, defaults) : ANYTHING };
  if (json.type !== "object") return {};
  if (isJson(json.properties)) {
    const properties = Object.fromEntries(
      Object.entries(json.properties).map(([name, member]) => [name, convert(isJson(member) ? member : {}, defaults)]),
    );
    const required = listOf<string>(json.required);
    return { properties, ...(required.length > 0 && { required }) };
  }
  const every = json.additionalProperties;
  if (!isJson(every)) return ANYTHING;
  const value = convert(every, defaults);
  return JSON.stringify(value) === JSON.stringify(ANYTHING) ? ANYTHING : { additionalProperties: value };
}

/** One of several forms: their members together, none of them required but those that all have. */
function either(branches: Json[], defaults: boolean): Structural {
  const real = branches.filter(({ type }) => type !== "null");
  const nullable = real.length < branches.length ? { nullable: true } : {};
  const forms = real.map((branch) => convert(branch, defaults));
  const [only] = forms;
  if (only === undefined) return ANYTHING;
  if (forms.length === 1) return { ...only, ...nullable };
  if (isIntOrString(real)) return { "x-kubernetes-int-or-string": true, ...nullable };
  const merged = forms
    .slice(1)
    .reduce<Structural | null>((sum, form) => (sum === null ? null : merge(sum, form)), only);
  return { ...(merged ?? ANYTHING), ...nullable };
}

const isIntOrString = (branches: Json[]): boolean =>
  branches.length === 2 &&
  branches.some(({ type }) => type === "integer") &&
  branches.some(({ type }) => type === "string");

/** What takes both; null where nothing less than anything does. */
function merge(left: Structural, right: Structural): Structural | null {
  if (JSON.stringify(left) === JSON.stringify(right)) return left;
  if (left.type !== right.type || left.type === undefined) return null;
  if (left.type === "string") {
    const both = Array.isArray(left.enum) && Array.isArray(right.enum);
    return both
      ? { type: "string", enum: [...new Set([...listOf(left.enum), ...listOf(right.enum)])] }
      : { type: "string" };
  }
  if (left.type !== "object") return { type: left.type, ...(left.type === "array" && { items: ANYTHING }) };
  if (!isJson(left.properties) || !isJson(right.properties)) return { type: "object", ...ANYTHING };
  const { properties: ours } = left;
  const { properties: theirs } = right;
  const properties = Object.fromEntries(
    [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].map((name) => {
      const [one, other] = [ours[name], theirs[name]];
      return [name, isJson(one) && isJson(other) ? (merge(one, other) ?? ANYTHING) : (one ?? other)];
    }),
  );
  const required = listOf(left.required).filter((name) => listOf(right.required).includes(name));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = <T = Json>(value: unknown): T[] => (Array.isArray(value) ? value : []);

const typeOf = (value: unknown): string => (typeof value === "number" ? "number" : typeof value);
