/** What identifies one arm to a source. */
export interface ArmLabels {
  revision: string;
  version: string;
  deployment: string;
  environment: string;
}

const PLACEHOLDER = /\{\{\s*([\w.-]*)\s*\}\}/g;
const NAMES = ["revision", "version", "deployment", "environment"] as const;

export type Filled = { text: string } | { problem: string };

/**
 * The text with an arm's labels in place of `{{revision}}`, `{{version}}`, `{{deployment}}` and `{{environment}}`, each as `write`
 * writes it. A label that is empty is a problem and never filled in: it would match everything (edge case 32).
 */
export function fillTemplate(template: string, labels: ArmLabels, write: (label: string) => string): Filled {
  let problem: string | null = null;
  const text = template.replace(PLACEHOLDER, (whole, found: string) => {
    const name = NAMES.find((known) => known === found);
    if (name === undefined) {
      problem ??= `${whole} is not known; allowed: ${NAMES.map((known) => `{{${known}}}`).join(", ")}`;
      return "";
    }
    if (labels[name] === "") problem ??= `{{${name}}} is empty, which would match everything; allowed: a label`;
    return write(labels[name]);
  });
  return problem === null ? { text } : { problem };
}

/** Whether the text tells the arms apart: without either name both would be measured alike (edge case 32). */
export const namesArm = (...templates: string[]): boolean =>
  templates.some((template) =>
    [...template.matchAll(PLACEHOLDER)].some(([, name]) => name === "revision" || name === "version"),
  );

/** As part of a string in PromQL. */
export const asPromQl = (label: string): string =>
  label.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("'", "\\'").replaceAll("\n", "\\n");
