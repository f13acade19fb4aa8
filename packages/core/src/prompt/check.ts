import type { FieldViolation } from "../errors.ts";
import { type PromptContent, textsOf } from "./content.ts";
import { parseTemplate, placeOf, TemplateError } from "./template.ts";

/**
 * What is wrong with the templates of a version that is to be registered: what is no template, variables that nobody declared,
 * and variables that no text uses. Each is named with its field and the place in the text. Versions of which both texts and
 * variables say nothing of templates have nothing wrong.
 */
export function checkPrompt(content: PromptContent): FieldViolation[] {
  const declared = (content.variables ?? []).map(({ name }) => name);
  if (content.template === "none") {
    if (declared.length === 0) return [];
    return [{ field: "variables", found: declared, allowed: "nothing: `template` is none" }];
  }
  const used = new Set<string>();
  const violations = textsOf(content).flatMap(({ field, text }) => checkText(field, text, declared, used));
  const unused = declared.flatMap((name, index): FieldViolation[] => {
    if (used.has(name) || violations.length > 0) return [];
    return [{ field: `variables[${index}].name`, found: name, allowed: `a name that a text uses, as {{${name}}}` }];
  });
  return [...violations, ...unused];
}

function checkText(field: string, text: string, declared: readonly string[], used: Set<string>): FieldViolation[] {
  try {
    const parts = parseTemplate(text);
    return parts.flatMap((part): FieldViolation[] => {
      if (!("name" in part) || used.has(part.name)) return [];
      used.add(part.name);
      if (declared.includes(part.name)) return [];
      const place = placeOf(text, part.start);
      const known = declared.length === 0 ? "none is declared" : `declared: ${declared.join(", ")}`;
      const allowed = `at ${place} a variable that \`variables\` declares (${known}); for braces that are text, \`template: none\``;
      return [{ field, found: `{{${part.name}}}`, allowed }];
    });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [{ field, found: error.found, allowed: `at ${error.message}` }];
  }
}
