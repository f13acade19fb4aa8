import {
  type ArtifactKind,
  describe,
  RESOURCE_KINDS,
  RESOURCE_SCHEMAS,
  type Resource,
  type ResourceKind,
  specSchemaFor,
} from "@sluice/core";
import { type Document, isNode, LineCounter, parseAllDocuments } from "yaml";
import { CliError, EXIT } from "../exit.ts";
import { problemsOf } from "../zod-problems.ts";

interface Located {
  resource: Resource;
  /** `file:line` of the value at the path, or of what is nearest to it. */
  locate(path: readonly PropertyKey[]): string;
}

/**
 * The resources of a manifest of one or more YAML documents, in the order in which they need each other. Throws a usage
 * error that names file, line and field of everything that is wrong.
 */
export function parseManifest(text: string, file: string): Resource[] {
  const lines = new LineCounter();
  const problems: string[] = [];
  const found: Located[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const lineAt = (offset: number) => `${file}:${lines.linePos(offset).line}`;
    if (document.errors.length > 0) {
      problems.push(...document.errors.map((error) => `${lineAt(error.pos[0])}: ${error.message}`));
      continue;
    }
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const locate = (path: readonly PropertyKey[]) => lineAt(offsetOf(document, path));
    const result = parseResource(value);
    if ("resource" in result) found.push({ resource: result.resource, locate });
    else problems.push(...result.problems.map(({ path, text }) => `${locate(path)}: ${text}`));
  }
  problems.push(...checkSpecs(found));
  if (problems.length > 0) throw new CliError(EXIT.usage, problems.join("\n"));
  if (found.length === 0) throw new CliError(EXIT.usage, `${file} holds no document`);
  return found.map(({ resource }) => resource);
}

/** Sorts resources so that each comes after what it needs; otherwise as they were written. */
export const inOrder = (resources: readonly Resource[]): Resource[] =>
  resources.toSorted((left, right) => RESOURCE_KINDS.indexOf(left.kind) - RESOURCE_KINDS.indexOf(right.kind));

interface Problem {
  path: PropertyKey[];
  text: string;
}

function parseResource(value: unknown): { resource: Resource } | { problems: Problem[] } {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  if (!isResourceKind(kind)) {
    return { problems: [{ path: ["kind"], text: `kind is ${describe(kind)}; allowed: ${RESOURCE_KINDS.join(", ")}` }] };
  }
  const parsed = RESOURCE_SCHEMAS[kind].safeParse(value);
  if (parsed.success) return { resource: parsed.data };
  return {
    problems: problemsOf(parsed.error, value).map(({ path, found, allowed }) => ({
      path,
      text: `${fieldName(path)} is ${describe(found)}; ${allowed}${hintFor(found, allowed)}`,
    })),
  };
}

const isResourceKind = (kind: unknown): kind is ResourceKind => RESOURCE_KINDS.some((known) => known === kind);

/** `1.10` without quotes is the number 1.1: the mistake that everybody makes once. */
const hintFor = (found: unknown, allowed: string): string =>
  allowed === "expected string" && (typeof found === "number" || typeof found === "boolean")
    ? " (put it in quotes)"
    : "";

const fieldName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? String(key) : `${name}.${String(key)}`),
    "",
  ) || "the document";

/** Specs of versions whose artifact stands in the same manifest; of the others the server knows the kind. */
function checkSpecs(found: readonly Located[]): string[] {
  const kinds = new Map<string, ArtifactKind>();
  for (const { resource } of found) if (resource.kind === "Artifact") kinds.set(resource.name, resource.artifactKind);
  return found.flatMap(({ resource, locate }) => {
    const kind = resource.kind === "Version" ? kinds.get(resource.artifact) : undefined;
    if (resource.kind !== "Version" || kind === undefined) return [];
    const parsed = specSchemaFor(kind, resource.spec).safeParse(resource.spec);
    if (parsed.success) return [];
    return problemsOf(parsed.error, resource.spec).map(({ path, found: value, allowed }) => {
      const full = ["spec", ...path];
      return `${locate(full)}: ${fieldName(full)} is ${describe(value)}; ${allowed}`;
    });
  });
}

/** Where the value at the path begins; where it is missing, its parent. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
