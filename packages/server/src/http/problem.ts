import { ERROR_CODES, type ErrorCode, type SluiceError } from "@sluice/core";
import { z } from "zod";
import { HTTP_STATUS } from "./status.ts";

/** RFC 9457, the body of every answer that is not a success. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: "`urn:sluice:error:<code>`", examples: ["urn:sluice:error:not_found"] }),
    title: z.string().meta({ examples: ["Not found"] }),
    status: z.int().meta({ examples: [404] }),
    code: z.enum(ERROR_CODES),
    detail: z.string().meta({ examples: ["artifact greeter does not exist in project default"] }),
    instance: z.string().meta({ description: "Id of this request; the server's log names it too" }),
    errors: z
      .array(
        z.object({
          field: z.string().meta({ description: "Path of the field; empty for the whole body" }),
          found: z.unknown(),
          allowed: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "What went wrong, as RFC 9457 has it" });

export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE = "application/problem+json";

const TITLES: Partial<Record<ErrorCode, string>> = {
  internal: "Internal error",
  resource_exhausted: "Too many requests, or too large a one",
};

const titleOf = (code: ErrorCode): string =>
  TITLES[code] ?? code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

/** @param status differs from the code's own where HTTP has a better word, such as 413 */
export function toProblem(error: SluiceError, requestId: string, status = HTTP_STATUS[error.code]): Problem {
  return {
    type: `urn:sluice:error:${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    detail: error.message,
    instance: `urn:uuid:${requestId}`,
    ...(error.violations.length > 0 && {
      errors: error.violations.map(({ field, found, allowed }) => ({ field, found: found ?? null, allowed })),
    }),
  };
}
