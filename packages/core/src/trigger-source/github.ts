import { z } from "zod";
import {
  commitSchema,
  fileListsSchema,
  firstProblem,
  isNoCommit,
  lineSchema,
  NO_EVENT,
  type Reading,
  refOf,
  touchedPaths,
} from "./source.event.ts";

/**
 * Reads webhooks of GitHub (https://docs.github.com/webhooks/webhook-events-and-payloads). Only the fields that are used
 * are looked at, so that what GitHub adds does not matter.
 */

const repository = z.looseObject({ full_name: lineSchema(255) });

const pushSchema = z.looseObject({
  ref: lineSchema(1_024),
  after: commitSchema,
  deleted: z.boolean().default(false),
  repository,
  commits: fileListsSchema.default([]),
  head_commit: z.looseObject({ id: commitSchema }).nullish(),
});

const createSchema = z.looseObject({ ref: lineSchema(1_024), ref_type: lineSchema(32), repository });

const releaseSchema = z.looseObject({
  action: lineSchema(64),
  release: z.looseObject({ tag_name: lineSchema(1_024), target_commitish: lineSchema(1_024).nullish() }),
  repository,
});

/** A push lists at most so many commits; one that lists as many may have more. */
const MOST_COMMITS = 2_048;

/** @param name of the header `X-GitHub-Event` */
export function readGithub(name: string, payload: unknown): Reading {
  switch (name) {
    case "push":
      return read(pushSchema, payload, push);
    case "create":
      return read(createSchema, payload, ({ ref, ref_type, repository: { full_name } }) =>
        ref_type === "tag"
          ? { event: { ...NO_EVENT, type: "tag", repository: full_name, tag: ref } }
          : { ignored: `a ${ref_type} was created; its pushes are told by the event push` },
      );
    case "release":
      return read(releaseSchema, payload, release);
    case "ping":
      return { ignored: "a ping: the webhook reaches this trigger, and its secret is right" };
    default:
      return { ignored: `the event ${name} is not one that starts anything; push, create and release are` };
  }
}

function push({
  ref,
  after,
  deleted,
  repository: { full_name },
  commits,
  head_commit,
}: z.infer<typeof pushSchema>): Reading {
  const name = refOf(ref);
  if (name === null) return { ignored: `${ref} is neither a branch nor a tag` };
  if (deleted || isNoCommit(after)) return { ignored: `${ref} was deleted` };
  // A new branch on commits that were there before lists none; then nobody knows what it touches.
  const isWhole = commits.length > 0 && commits.length < MOST_COMMITS;
  return {
    event: {
      ...NO_EVENT,
      ...name,
      type: name.tag === null ? "push" : "tag",
      repository: full_name,
      // Of an annotated tag `after` is the tag itself.
      commit: head_commit?.id ?? after,
      paths: isWhole ? touchedPaths(commits) : null,
    },
  };
}

function release({
  action,
  release: { tag_name, target_commitish },
  repository: { full_name },
}: z.infer<typeof releaseSchema>): Reading {
  if (action !== "published") return { ignored: `a release was ${action}; the trigger takes those that are published` };
  const commit = commitSchema.min(40).safeParse(target_commitish);
  return {
    event: { ...NO_EVENT, type: "release", repository: full_name, tag: tag_name, commit: commit.data ?? null },
  };
}

function read<Payload>(
  schema: z.ZodType<Payload>,
  payload: unknown,
  understand: (payload: Payload) => Reading,
): Reading {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return understand(parsed.data);
  return { ignored: `the message is not as GitHub documents it: ${firstProblem(parsed.error)}` };
}
