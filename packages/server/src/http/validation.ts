import { invalidArgument, nameKnownKeys, violationsOf } from "@sluice/core";
import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";
import { unstorableIn } from "./storable.ts";

/** Where each part of a request is named in errors; a field of the body is named alone. */
const PART: Readonly<Record<string, string>> = { querystring: "query", params: "path", headers: "headers" };

/** Fastify's validator for zod schemas: what does not fit is `invalid_argument` with a violation for each bad field. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PART[httpPart ?? ""] ?? "";
  return (input: unknown) => {
    const unstorable = unstorableIn(input, part);
    if (unstorable !== null) return { error: invalidArgument([unstorable]) };
    const result = schema.safeParse(input, { error: nameKnownKeys });
    if (result.success) return { value: result.data };
    return { error: invalidArgument(violationsOf(result.error.issues, input, part)) };
  };
};
