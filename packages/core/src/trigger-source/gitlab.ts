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

/** Reads webhooks of GitLab (https://docs.gitlab.com/user/project/integrations/webhook_events). */

const project = z.looseObject({ path_with_namespace: lineSchema(255) });

const pushSchema = z.looseObject({
  ref: lineSchema(1_024),
  after: commitSchema,
  checkout_sha: commitSchema.nullish(),
  project,
  commits: fileListsSchema.default([]),
  total_commits_count: z.number().int().min(0).default(0),
});

const releaseSchema = z.looseObject({
  action: lineSchema(64),
  tag: lineSchema(1_024),
  project,
  commit: z.looseObject({ id: commitSchema }).nullish(),
});

/** @param name of the header `X-Gitlab-Event` */
export function readGitlab(name: string, payload: unknown): Reading {
  switch (name) {
    case "Push Hook":
    case "Tag Push Hook":
      return read(pushSchema, payload, push);
    case "Release Hook":
      return read(releaseSchema, payload, release);
    default:
      return { ignored: `the event ${name} is not one that starts anything; Push, Tag Push and Release Hook are` };
  }
}

function push(payload: z.infer<typeof pushSchema>): Reading {
  const { ref, after, checkout_sha, commits, total_commits_count, project } = payload;
  const name = refOf(ref);
  if (name === null) return { ignored: `${ref} is neither a branch nor a tag` };
  if (isNoCommit(after)) return { ignored: `${ref} was deleted` };
  // Only the newest twenty are told.
  const isWhole = commits.length > 0 && commits.length >= total_commits_count;
  return {
    event: {
      ...NO_EVENT,
      ...name,
      type: name.tag === null ? "push" : "tag",
      repository: project.path_with_namespace,
      commit: checkout_sha ?? after,
      paths: isWhole ? touchedPaths(commits) : null,
    },
  };
}

function release({ action, tag, project, commit }: z.infer<typeof releaseSchema>): Reading {
  if (action !== "create") return { ignored: `the action of the release is ${action}; the trigger takes create` };
  const repository = project.path_with_namespace;
  return { event: { ...NO_EVENT, type: "release", repository, tag, commit: commit?.id ?? null } };
}

function read<Payload>(
  schema: z.ZodType<Payload>,
  payload: unknown,
  understand: (payload: Payload) => Reading,
): Reading {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return understand(parsed.data);
  return { ignored: `the message is not as GitLab documents it: ${firstProblem(parsed.error)}` };
}
