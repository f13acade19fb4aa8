import { z } from "zod";

export const SOURCE_EVENTS = ["push", "tag", "release", "custom"] as const;

/** What a sender tells, in one form for all of them. */
export interface SourceEvent {
  type: (typeof SOURCE_EVENTS)[number];
  /** `owner/name`, or whatever the sender calls it. */
  repository: string | null;
  branch: string | null;
  tag: string | null;
  /** Full hash. */
  commit: string | null;
  /** Files that were touched; null where the sender does not tell, or tells only some. */
  paths: string[] | null;
  inputs: Record<string, string>;
}

/** A message as its provider's reader understood it: an event, or why nothing follows from it. */
export type Reading = { event: SourceEvent } | { ignored: string };

export const NO_EVENT: SourceEvent = {
  type: "custom",
  repository: null,
  branch: null,
  tag: null,
  commit: null,
  paths: null,
  inputs: {},
};

const CONTROL = /\p{Cc}/u;

/** Names, addresses, paths: one line of whole characters. */
export const lineSchema = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((text) => text.isWellFormed() && !CONTROL.test(text), "one line of text, without control characters");

export const commitSchema = z.string().regex(/^[0-9a-f]{7,64}$/i, "a commit's hash: 7 to 64 hexadecimal digits");

/** What Git puts where there is no commit: before a branch begins and after it ends. */
export const isNoCommit = (hash: string): boolean => /^0+$/.test(hash);

/** `refs/heads/main` and `refs/tags/v1` in parts; null for refs of other kinds. */
export function refOf(ref: string): { branch: string | null; tag: string | null } | null {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? [];
  if (kind === undefined || name === undefined) return null;
  return kind === "heads" ? { branch: name, tag: null } : { branch: null, tag: name };
}

const FILES = z.array(lineSchema(4_096)).nullish();

export const fileListsSchema = z.array(z.looseObject({ added: FILES, removed: FILES, modified: FILES }));

/** Every file that one of the commits touched, once. */
export const touchedPaths = (commits: z.infer<typeof fileListsSchema>): string[] => [
  ...new Set(
    commits.flatMap(({ added, removed, modified }) => [added, removed, modified].flatMap((list) => list ?? [])),
  ),
];

/** The ending of "ignored: the message is not as … documents it: ". */
export const firstProblem = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue === undefined ? "it cannot be read" : `${issue.path.join(".") || "the body"}: ${issue.message}`;
};
