import type { OpenAPIV3_1 } from "openapi-types";

type Document = Partial<OpenAPIV3_1.Document>;

/**
 * Addresses in answers are texts: what of them may be a secret is not shown, and what stands for it makes them no URIs. Requests
 * are described as they are. A named schema has a form for requests, `…Input`, beside the one for answers.
 */
export function describeShownAddresses(document: Document): Document {
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => [
    name,
    name.endsWith("Input") ? schema : asShown(schema),
  ]);
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [path, withResponses(item)]);
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...document.components, schemas: Object.fromEntries(schemas) },
  };
}

const withResponses = (item: OpenAPIV3_1.PathItemObject | undefined): object =>
  Object.fromEntries(
    Object.entries(item ?? {}).map(([method, operation]) => [
      method,
      isOperation(operation) ? { ...operation, responses: asShown(operation.responses) } : operation,
    ]),
  );

const isOperation = (part: unknown): part is OpenAPIV3_1.OperationObject =>
  typeof part === "object" && part !== null && "responses" in part;

/** The same without the format of addresses, however deep. */
function asShown<Part>(part: Part): Part {
  return JSON.parse(JSON.stringify(part), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("format" in value) || value.format !== "uri") return value;
    const { format: _, ...rest } = value;
    return rest;
  });
}
