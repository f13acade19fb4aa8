import type { PipelineSpec } from "../artifact/version.schema.ts";
import { type FieldViolation, invalidField } from "../errors.ts";
import type { Json } from "../json.ts";
import { compileJsonSchema } from "../json-schema.ts";
import { mergePatch } from "../revision/merge-patch.ts";
import { invalidArgument } from "../validate.ts";
import { findPipelineTemplate, PIPELINE_TEMPLATES } from "./catalogue.ts";
import { withFigures } from "./collector.config.ts";
import type { RenderedPipeline } from "./pipeline.types.ts";
import { fillPlaceholders } from "./placeholders.ts";
import { numberAt } from "./read.parameters.ts";

type Parameters = Record<string, Json>;

/**
 * What runs on a node for a version with these parameters, which are merged over the version's own. Throws
 * `invalid_argument` naming each parameter that does not suit the template, with what was found; `field` is where the
 * parameters stand in what the user wrote.
 */
export function renderPipeline(spec: PipelineSpec, parameters: Parameters, field = "parameters"): RenderedPipeline {
  if (spec.config !== undefined) {
    const schema = spec.parametersSchema ?? { type: "object" };
    const merged = { ...defaultsOf(schema), ...mergedParameters(spec, parameters) };
    checkParameters(schema, merged, field);
    return {
      collector: withFigures(fillPlaceholders(spec.config, merged, field)),
      selection: null,
      collectHost: merged.collect_host !== false,
      maxErrorRate: numberAt(merged, "max_error_rate", 0.05),
      intervalSeconds: numberAt(merged, "interval_seconds", 10),
    };
  }
  const template = findPipelineTemplate(spec.template ?? "");
  if (template === undefined) throw unknownTemplate(spec.template);
  const merged = mergedParameters(spec, parameters);
  checkParameters(template.schema, merged, field);
  const rendered = template.render(merged);
  return { ...rendered, collector: withFigures(rendered.collector) };
}

export const unknownTemplate = (name: string | undefined, field = "spec.template") =>
  invalidField(field, name, `one of ${PIPELINE_TEMPLATES.map((template) => template.name).join(", ")}`);

/** Parameters that a deployment gives win over those of the version, member by member. */
export function mergedParameters(spec: Pick<PipelineSpec, "parameters">, parameters: Parameters): Parameters {
  const merged = mergePatch(spec.parameters, parameters);
  return isParameters(merged) ? merged : {};
}

/** What a schema says of parameters that nobody gives. */
const defaultsOf = ({ properties }: { properties?: Json }): Parameters =>
  Object.fromEntries(
    Object.entries(isParameters(properties) ? properties : {}).flatMap(([name, property]): [string, Json][] =>
      isParameters(property) && property.default !== undefined ? [[name, property.default]] : [],
    ),
  );

const isParameters = (value: unknown): value is Parameters =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const compiled = new WeakMap<object, (value: unknown) => string[]>();

/** Throws `invalid_argument` with a violation for each parameter that the schema refuses. */
export function checkParameters(schema: object, parameters: Parameters, field: string): void {
  const check = compiled.get(schema) ?? compileJsonSchema(schema, { all: true });
  compiled.set(schema, check);
  const problems = check(parameters).map((problem) => violation(problem, parameters, schema, field));
  if (problems.length > 0) throw invalidArgument(problems);
}

/** A sentence of the schema's checker begins with a JSON pointer, or speaks of the parameters as a whole. */
function violation(problem: string, parameters: Parameters, schema: object, field: string): FieldViolation {
  const [pointer = ""] = /^(\/\S*)?/.exec(problem) ?? [];
  const path = pointer.split("/").slice(1);
  const found = path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    parameters,
  );
  if (pointer === "") {
    const known = "properties" in schema ? Object.keys(Object(schema.properties)) : [];
    const [, stranger] = /additional properties "(.*)"$/.exec(problem) ?? [];
    if (stranger !== undefined)
      return { field: `${field}.${stranger}`, found: parameters[stranger], allowed: `one of ${known.join(", ")}` };
    return { field, found: parameters, allowed: problem.replace(/^the value /, "") };
  }
  return {
    field: [field, ...path].join("."),
    found,
    allowed: problem.slice(pointer.length + 1).replace(/^must be /, ""),
  };
}
