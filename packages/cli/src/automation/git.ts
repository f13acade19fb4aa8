import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CliError, EXIT } from "../exit.ts";

/** What a working copy stands at. */
export interface WorkingCopy {
  repository: string | null;
  commit: string;
  /** The highest of the tags at this commit, by Git's own order of versions; null without any. */
  tag: string | null;
}

const TIMEOUT = 15_000;

/**
 * Reads a working copy by the `git` of the PATH. Throws for one with changes that are not committed, unless they are allowed:
 * what is built from it would not be the commit.
 */
export async function readWorkingCopy(folder: string, { allowDirty }: { allowDirty: boolean }): Promise<WorkingCopy> {
  const commit = await git(folder, ["rev-parse", "--verify", "HEAD"]);
  const changes = allowDirty ? "" : await git(folder, ["status", "--porcelain"]);
  if (changes !== "") {
    const count = changes.split("\n").length;
    const what = count === 1 ? "one file that is" : `${count} files that are`;
    throw new CliError(EXIT.usage, `the working copy has ${what} not as committed; commit them, or give --allow-dirty`);
  }
  const tags = await git(folder, ["tag", "--points-at", "HEAD", "--sort=-version:refname"]);
  const repository = await git(folder, ["remote", "get-url", "origin"]).catch(() => "");
  return {
    commit,
    tag: tags.split("\n")[0] || null,
    repository: repository === "" ? null : withoutCredentials(repository),
  };
}

/** A remote's address may hold a token. */
function withoutCredentials(remote: string): string {
  const url = URL.parse(remote);
  if (url === null || url.host === "") return remote;
  url.username = "";
  url.password = "";
  return url.href;
}

async function git(folder: string, words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, ...words], { timeout: TIMEOUT });
    return stdout.trim();
  } catch (error) {
    const told = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new CliError(EXIT.usage, `git ${words.join(" ")} failed: ${told || String(error)}`);
  }
}
