import type { z } from "zod";
import { nodeLabelsSchema } from "./node.schema.ts";

/** Labels written as `environment=production,tier=frontend`. */
export function nodeLabelsOf(text: string, context: z.RefinementCtx): Record<string, string> {
  const pairs = text.split(",").map((part) => {
    const border = part.indexOf("=");
    // A part without a border has no key, and is refused for that.
    return [part.slice(0, Math.max(0, border)).trim(), part.slice(border + 1).trim()];
  });
  const labels = nodeLabelsSchema.safeParse(Object.fromEntries(pairs));
  if (labels.success) return labels.data;
  context.addIssue({ code: "custom", message: "expected labels such as environment=production,tier=frontend" });
  return {};
}
