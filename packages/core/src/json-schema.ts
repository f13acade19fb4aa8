import { Ajv as Draft7, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** What does not fit a JSON schema, as sentences; an empty list when everything does. */
export type JsonSchemaCheck = (value: unknown) => string[];

/** Sentences about one value, at most; the rest is counted. */
const MAX_PROBLEMS = 10;

/**
 * Compiles a JSON schema: draft 2020-12, or draft-07 when its `$schema` says so. Formats are checked, unknown keywords are
 * ignored as the standard asks. Throws an `Error` that says what is wrong with the schema.
 *
 * A pattern of the schema can take exponential time on a hostile value: run checks of what others sent where they can be
 * stopped.
 */
export function compileJsonSchema(schema: object): JsonSchemaCheck {
  const dialect = "$schema" in schema && typeof schema.$schema === "string" ? schema.$schema : "";
  const options = { strict: false, allErrors: false, logger: false } as const;
  const ajv = /draft-0[67]/.test(dialect) ? new Draft7(options) : new Ajv2020(options);
  formats.default(ajv);
  const validate = ajv.compile(schema);
  if ("$async" in validate) throw new Error("`$async` schemas are not supported");
  return (value) => {
    if (validate(value) === true) return [];
    const errors = validate.errors ?? [];
    const shown = errors.slice(0, MAX_PROBLEMS).map(sentence);
    return errors.length > MAX_PROBLEMS ? [...shown, `and ${errors.length - MAX_PROBLEMS} more`] : shown;
  };
}

const sentence = ({ instancePath, message, params, keyword }: ErrorObject): string => {
  const place = instancePath === "" ? "the value" : instancePath;
  const detail = keyword === "enum" || keyword === "const" ? ` ${JSON.stringify(Object.values(params)[0])}` : "";
  return `${place} ${message ?? "does not fit"}${detail}`;
};
