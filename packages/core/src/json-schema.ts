import { Ajv as Draft7, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** What does not fit a JSON schema, as sentences; an empty list when everything does. */
export type JsonSchemaCheck = (value: unknown) => string[];

/** Sentences about one value, at most; the rest is counted. */
const MAX_PROBLEMS = 10;

/**
 * Compiles a JSON schema: draft 2020-12, or draft-07 when its `$schema` says so. Formats are checked, unknown keywords are
 * ignored as the standard asks. Throws an `Error` that says what is wrong with the schema. The check stops at the first
 * member that does not fit, unless `all` of them are asked for, which takes as long as the value is large.
 *
 * A pattern of the schema can take exponential time on a hostile value: run checks of what others sent where they can be
 * stopped.
 */
export function compileJsonSchema(schema: object, { all = false } = {}): JsonSchemaCheck {
  const dialect = "$schema" in schema && typeof schema.$schema === "string" ? schema.$schema : "";
  const family = /draft-0[67]/.test(dialect) ? DRAFT_7 : DRAFT_2020;
  const ajv = all ? family.all() : family.first();
  const validate = ajv.compile(schema);
  if ("$async" in validate) throw new Error("`$async` schemas are not supported");
  return (value) => {
    if (validate(value) === true) return [];
    const errors = validate.errors ?? [];
    const shown = errors.slice(0, MAX_PROBLEMS).map(sentence);
    return errors.length > MAX_PROBLEMS ? [...shown, `and ${errors.length - MAX_PROBLEMS} more`] : shown;
  };
}

const OPTIONS = { strict: false, logger: false, addUsedSchema: false } as const;

/** An instance takes twenty milliseconds to start and keeps what it compiled: it is shared, and replaced from time to time. */
const COMPILES = 200;

const DRAFT_7 = {
  first: shared(() => formats.default(new Draft7(OPTIONS))),
  all: shared(() => formats.default(new Draft7({ ...OPTIONS, allErrors: true }))),
};
const DRAFT_2020 = {
  first: shared(() => formats.default(new Ajv2020(OPTIONS))),
  all: shared(() => formats.default(new Ajv2020({ ...OPTIONS, allErrors: true }))),
};

function shared<Value>(make: () => Value): () => Value {
  let kept: { value: Value; uses: number } | null = null;
  return () => {
    if (kept === null || kept.uses >= COMPILES) kept = { value: make(), uses: 0 };
    kept.uses += 1;
    return kept.value;
  };
}

/** Keywords whose message alone does not say what is allowed, or what is too much. */
const WITH_DETAIL: ReadonlySet<string> = new Set(["enum", "const", "additionalProperties"]);

const sentence = ({ instancePath, message, params, keyword }: ErrorObject): string => {
  const place = instancePath === "" ? "the value" : instancePath;
  const detail = WITH_DETAIL.has(keyword) ? ` ${JSON.stringify(Object.values(params)[0])}` : "";
  return `${place} ${message ?? "does not fit"}${detail}`;
};
