import { Environment } from "@marcbachmann/cel-js";

/**
 * What expressions of one kind may speak of. Types are CEL's (`string`, `int`, `double`, `bool`, `TIMESTAMP`, `dyn`,
 * `list<…>`, `map<string, …>`) or one of `types`. Plain data, as it is sent to another thread.
 */
export interface CelDeclarations {
  /** Fields by name, of types of our own. A type comes after those that it uses. */
  types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  variables: Readonly<Record<string, string>>;
}

/** Of what a tree may consist: the parser, the checker and the evaluator all recurse over it. */
const LIMITS = { maxAstNodes: 1_000, maxDepth: 40, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 };

/** A moment, in RFC 3339 outside. */
export const TIMESTAMP = "google.protobuf.Timestamp";

type Wrap = (type: string, value: unknown) => unknown;

/** The environment of these declarations, and what turns values of JSON into the values that they declare. */
export function environmentOf({ types, variables }: CelDeclarations): {
  environment: Environment;
  context(values: Readonly<Record<string, unknown>>): Record<string, unknown>;
} {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  });
  const made = new Map<string, (value: object) => object>();
  for (const [name, fields] of Object.entries(types)) {
    // A class of its own for each: that is how values of it are told from plain maps.
    const ctor = class {};
    environment.registerType(name, { ctor, fields: { ...fields } });
    made.set(name, (value) => {
      const entries = Object.entries(fields).map(([field, type]) => [field, wrap(type, Reflect.get(value, field))]);
      return Object.assign(new ctor(), Object.fromEntries(entries));
    });
  }
  const wrap: Wrap = (type, value) => {
    if (typeof value === "number" && type === "int") return BigInt(Math.trunc(value));
    if (typeof value === "string" && type === TIMESTAMP) return new Date(value);
    if (typeof value !== "object" || value === null) return value;
    const make = made.get(type);
    if (make !== undefined) return make(value);
    const [, inner] = /^(?:list<|map<string, )(.+)>$/.exec(type) ?? [];
    if (inner === undefined || inner === "dyn") return value;
    if (Array.isArray(value)) return value.map((one) => wrap(inner, one));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, wrap(inner, one)]));
  };
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return {
    environment,
    context: (values) =>
      Object.fromEntries(Object.entries(variables).map(([name, type]) => [name, wrap(type, values[name])])),
  };
}
