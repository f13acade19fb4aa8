import type { z } from "zod";

/** One thing that is wrong in a value, and where. */
export interface FieldProblem {
  path: PropertyKey[];
  found: unknown;
  /** What would be right, in a sentence's end. */
  allowed: string;
}

/** What zod found, one entry for each field. Of a union, the branch that fits best speaks. */
export const problemsOf = (error: z.ZodError, value: unknown): FieldProblem[] =>
  error.issues.flatMap((issue) => problemsOfIssue(issue, value, []));

function problemsOfIssue(issue: z.core.$ZodIssue, root: unknown, prefix: PropertyKey[]): FieldProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [best = []] = issue.errors.toSorted((left, right) => weightOf(left) - weightOf(right));
    return best.flatMap((inner) => problemsOfIssue(inner, root, path));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      found: valueAt(root, [...path, key]),
      allowed: "no such field",
    }));
  }
  return [{ path, found: valueAt(root, path), allowed: sentence(issue) }];
}

/** The branch with the fewest things wrong is the one that was meant; unknown fields speak loudest against it. */
const weightOf = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? 2 * issue.keys.length : 1), 0);

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `expected ${issue.expected}`;
  if (issue.code === "invalid_value") return `expected ${issue.values.map((value) => String(value)).join(", ")}`;
  if (issue.code === "invalid_union") return issue.message.replace(/^.*\. E/, "e");
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}
