import { invalidField } from "../errors.ts";

/** One condition on the labels of a node. */
export type NodeRequirement =
  | { key: string; operator: "in" | "notIn"; values: string[] }
  | { key: string; operator: "exists"; values?: undefined }
  | { key: string; operator: "absent"; values?: undefined };

export interface LabelledNode {
  name: string;
  labels: Readonly<Record<string, string>>;
}

const KEY = "[A-Za-z0-9]([\\w./-]{0,61}[A-Za-z0-9])?";
const VALUE = "[\\w.:/-]{0,255}";
const FORMS = {
  set: new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`),
  equality: new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`),
  exists: new RegExp(`^(!?)\\s*(${KEY})$`),
};

/** Labels that must all have these values: what `target_nodes` says. */
export const requirementsOf = (labels: Readonly<Record<string, string>>): NodeRequirement[] =>
  Object.entries(labels).map(([key, value]) => ({ key, operator: "in", values: [value] }));

/**
 * A selector such as `environment=production,tier in (frontend, edge),!legacy`: conditions between commas, all of which
 * must hold. Throws `invalid_argument` naming the condition that cannot be read.
 */
export function parseSelector(text: string, field = "selector"): NodeRequirement[] {
  // Commas inside of parentheses separate values.
  return text.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim(), field));
}

function parseRequirement(part: string, field: string): NodeRequirement {
  const [, setKey, , setOperator, list = ""] = FORMS.set.exec(part) ?? [];
  if (setKey !== undefined) {
    const values = list.split(",").map((value) => value.trim());
    if (values.every((value) => new RegExp(`^${VALUE}$`).test(value)))
      return { key: setKey, operator: setOperator === "in" ? "in" : "notIn", values };
  }
  const [, key, , sign, value = ""] = FORMS.equality.exec(part) ?? [];
  if (key !== undefined) return { key, operator: sign === "!=" ? "notIn" : "in", values: [value] };
  const [, negation, label] = FORMS.exists.exec(part) ?? [];
  if (label !== undefined) return { key: label, operator: negation === "!" ? "absent" : "exists" };
  throw invalidField(field, part, "conditions such as key=value, key!=value, key in (a, b), key notin (a), key, !key");
}

/** As in Kubernetes, a node without the label meets `!=` and `notin`. */
export function selectsNode(requirements: readonly NodeRequirement[], { labels }: LabelledNode): boolean {
  return requirements.every((requirement) =>
    holds(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined),
  );
}

function holds(requirement: NodeRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notIn":
      return value === undefined || !requirement.values.includes(value);
  }
}

/** A selector in words that `parseSelector` reads. */
export const selectorText = (requirements: readonly NodeRequirement[]): string =>
  requirements
    .map((requirement) => {
      if (requirement.operator === "exists") return requirement.key;
      if (requirement.operator === "absent") return `!${requirement.key}`;
      const [only = "", ...others] = requirement.values;
      if (others.length === 0) return `${requirement.key}${requirement.operator === "in" ? "=" : "!="}${only}`;
      return `${requirement.key} ${requirement.operator === "in" ? "in" : "notin"} (${requirement.values.join(",")})`;
    })
    .join(",");
