import type { ASTNode } from "@marcbachmann/cel-js";

/** Something that an expression names: `evaluations.smoke.metrics.score`, also where it is written with brackets. */
export interface Reference {
  path: string[];
  /** Where it begins, in characters from 0. */
  start: number;
}

/** Everything that the tree names, each at its full length; what is found by computing (`evaluations[d]`) ends there. */
export function referencesIn(node: ASTNode): Reference[] {
  const path = pathOf(node);
  if (path !== null) return [{ path, start: node.start }];
  return nodesIn(node.args).flatMap(referencesIn);
}

/** The path that leads to this node's value; null where a part of it is computed. */
export function pathOf(node: ASTNode): string[] | null {
  if (node.op === "id") return [node.args];
  if (node.op === ".") return longer(node.args[0], node.args[1]);
  if (node.op === "[]" && node.args[1].op === "value" && typeof node.args[1].args === "string") {
    return longer(node.args[0], node.args[1].args);
  }
  return null;
}

function longer(parent: ASTNode, key: string): string[] | null {
  const path = pathOf(parent);
  return path === null ? null : [...path, key];
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return isNode(args) ? [args] : [];
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value && "start" in value;
