import { z } from "zod";
import { matchesGlob } from "./glob.ts";
import { SOURCE_EVENTS, type SourceEvent } from "./source.event.ts";

const globs = z.array(z.string().min(1).max(255)).max(100).default([]);

export const triggerFiltersSchema = z
  .strictObject({
    events: z.array(z.enum(SOURCE_EVENTS)).min(1).nullable().default(null).describe("Null: every one."),
    repositories: globs.describe("`owner/name`; empty: every one."),
    branches: globs,
    tags: globs.describe("With tags and no branches, pushes to branches are ignored, and the other way round."),
    paths: globs.describe("For pushes to branches: at least one file that was touched must match."),
  })
  .meta({ examples: [{ repositories: ["acme/greeter"], tags: ["v*", "!v*-rc*"] }] });

export type TriggerFilters = z.infer<typeof triggerFiltersSchema>;

/** Why an event is none of the trigger's; null for one that is. `*` stays within a segment of a path, `**` does not. */
export function refusalOf(filters: TriggerFilters, event: SourceEvent): string | null {
  const { events, repositories, branches, tags, paths } = filters;
  if (events !== null && !events.includes(event.type)) return `a ${event.type}; the trigger takes ${events.join(", ")}`;
  if (repositories.length > 0) {
    if (event.repository === null) return `no repository is named; the trigger takes ${repositories.join(", ")}`;
    if (!matches(repositories, event.repository)) {
      return `the repository is ${event.repository}; the trigger takes ${repositories.join(", ")}`;
    }
  }
  const ref = refusalOfRef({ branches, tags }, event);
  if (ref !== null) return ref;
  if (paths.length === 0 || event.type !== "push" || event.paths === null) return null;
  if (event.paths.some((path) => matches(paths, path))) return null;
  return `none of the files that were touched matches ${paths.join(", ")}`;
}

function refusalOfRef(
  { branches, tags }: Pick<TriggerFilters, "branches" | "tags">,
  { branch, tag }: SourceEvent,
): string | null {
  if (branches.length === 0 && tags.length === 0) return null;
  if (tag !== null && matches(tags, tag)) return null;
  if (tag === null && branch !== null && matches(branches, branch)) return null;
  const found =
    tag !== null
      ? `the tag is ${tag}`
      : branch !== null
        ? `the branch is ${branch}`
        : "neither branch nor tag is named";
  return `${found}; the trigger takes ${[...branches.map((name) => `branch ${name}`), ...tags.map((name) => `tag ${name}`)].join(", ")}`;
}

/** Without patterns nothing is taken. The last glob that speaks about the text decides; `!` before one takes out what it matches. */
const matches = (patterns: readonly string[], text: string): boolean =>
  patterns.reduce(
    (taken, pattern) => {
      const isExclusion = pattern.startsWith("!");
      const glob = isExclusion ? pattern.slice(1) : pattern;
      return matchesGlob(glob, text) ? !isExclusion : taken;
    },
    patterns.length > 0 && patterns.every((pattern) => pattern.startsWith("!")),
  );
