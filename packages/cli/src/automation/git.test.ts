import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readWorkingCopy } from "./git.ts";

/** A real repository with one commit. */
function repository() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-git-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...words: string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...words])
      .toString()
      .trim();
  git("init", "-q");
  writeFileSync(join(folder, "file"), "one");
  git("add", "file");
  git("commit", "-q", "-m", "one");
  return { folder, git };
}

const strict = { allowDirty: false };

test("commit, highest tag and remote are read, without the remote's password", async () => {
  const { folder, git } = repository();
  for (const tag of ["v1.9.0", "v1.10.0"]) git("tag", tag);
  git("remote", "add", "origin", "https://user:token@git.example/acme/greeter.git");
  expect(await readWorkingCopy(folder, strict)).toEqual({
    commit: git("rev-parse", "HEAD"),
    tag: "v1.10.0",
    repository: "https://git.example/acme/greeter.git",
  });
});

test("without a tag and a remote there is a commit", async () => {
  const { folder } = repository();
  expect(await readWorkingCopy(folder, strict)).toMatchObject({ tag: null, repository: null });
});

test("a tree that is not as committed is refused, unless it is allowed", async () => {
  const { folder } = repository();
  writeFileSync(join(folder, "file"), "two");
  await expect(readWorkingCopy(folder, strict)).rejects.toThrow("one file that is not as committed");
  expect((await readWorkingCopy(folder, { allowDirty: true })).commit).toMatch(/^[0-9a-f]{40}$/);
});

test("a folder without a repository says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-none-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await expect(readWorkingCopy(folder, strict)).rejects.toThrow("not a git repository");
});
