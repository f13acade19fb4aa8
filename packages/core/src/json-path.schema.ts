import parseJsonPath from "jsonpath-rfc9535/parser";
import { z } from "zod";
import { succeeds } from "./succeeds.ts";

/** A query of RFC 9535 that can be parsed. What it costs depends on the document: whoever follows it sets a limit. */
export const jsonPathSchema = z
  .string()
  .max(1_024)
  .refine((query) => succeeds(() => parseJsonPath(query)), "a JSONPath of RFC 9535, for example $.items[0].id");
