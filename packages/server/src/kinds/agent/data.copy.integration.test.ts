import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyFolder, readManifest, unpackCopy } from "./data.copy.ts";
import { type AgentFolders, agentFolders } from "./data.folders.ts";
import { restoreData } from "./data.restore.ts";
import { forgetTemporary, makeAgentFolders, takeBackup, takeSnapshot } from "./data.snapshot.ts";

let home: string;
let folders: AgentFolders;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sluice-data-"));
  folders = agentFolders(home, "dep_1");
  await makeAgentFolders(folders, 1);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const ABOUT = { agent: "a", deployment: "dep_1", reason: "a test", createdAt: "2026-01-01T00:00:00.000Z" };
const put = (path: string, text: string) => writeFile(join(folders.data, path), text);
const read = (path: string) => readFile(join(folders.data, path), "utf8");

describe("a copy", () => {
  test("has every file, folder and link with its checksum and mode, and follows no link", async () => {
    await mkdir(join(folders.data, "notes/empty"), { recursive: true });
    await put("notes/one.txt", "one");
    await chmod(join(folders.data, "notes/one.txt"), 0o750);
    await symlink("/etc", join(folders.data, "outside"));
    const manifest = await copyFolder(folders.data, folders.snapshot("rol_1"), ABOUT);
    expect(manifest.files.map(({ path, type, bytes }) => [path, type, bytes])).toEqual([
      ["notes", "folder", 0],
      ["notes/empty", "folder", 0],
      ["notes/one.txt", "file", 3],
      ["outside", "link", 0],
    ]);
    const copied = join(folders.snapshot("rol_1"), "files");
    expect(await readlink(join(copied, "outside"))).toBe("/etc");
    expect((await stat(join(copied, "notes/one.txt"))).mode & 0o777).toBe(0o750);
    expect(manifest).toMatchObject({ bytes: 3, leftOut: [], agent: "a" });
    expect(await readManifest(folders.snapshot("rol_1"))).toEqual(manifest);
  });

  test("leaves out what is no file, and says so", async () => {
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(folders.data, "pipe")]);
    const manifest = await copyFolder(folders.data, folders.snapshot("rol_1"), ABOUT);
    expect(manifest.files).toEqual([]);
    expect(manifest.leftOut).toEqual([expect.stringContaining("pipe")]);
  });

  test("that is there is not made again, and one that was cut off is", async () => {
    await put("file", "first");
    await mkdir(join(`${folders.snapshot("rol_1")}.part`, "files"), { recursive: true });
    await writeFile(join(`${folders.snapshot("rol_1")}.part`, "files", "rest"), "of a crash");
    const first = await copyFolder(folders.data, folders.snapshot("rol_1"), ABOUT);
    expect(first.files.map(({ path }) => path)).toEqual(["file"]);
    await put("file", "second");
    expect(await copyFolder(folders.data, folders.snapshot("rol_1"), ABOUT)).toEqual(first);
  });

  test.each(["changed", "missing", "added"])(
    "with a file that was %s is refused, whatever its manifest says",
    async (how) => {
      await put("file", "as it was");
      const copy = folders.snapshot("rol_1");
      await copyFolder(folders.data, copy, ABOUT);
      if (how === "changed") await writeFile(join(copy, "files", "file"), "as it is");
      if (how === "missing") await rm(join(copy, "files", "file"));
      if (how === "added") await writeFile(join(copy, "files", "guest"), "hello");
      await expect(unpackCopy(copy, join(home, "out"))).rejects.toMatchObject({ code: "data_loss" });
    },
  );

  test("backups are kept by number, the newest ones", async () => {
    for (const number of [1, 2, 3, 4, 5, 6, 7]) await takeBackup(folders, `rbk_${number}`, ABOUT);
    expect((await readdir(folders.backups)).toSorted()).toEqual(["rbk_3", "rbk_4", "rbk_5", "rbk_6", "rbk_7"]);
  });

  test("that was cut off and given up goes with the next one", async () => {
    await mkdir(join(`${folders.snapshot("rol_1")}.part`, "files"), { recursive: true });
    await takeSnapshot(folders, "rol_2", ABOUT, []);
    expect(await readdir(folders.snapshots)).toEqual(["rol_2"]);
  });

  test("temporary files of revisions that do not run any more go", async () => {
    for (const revision of [1, 2, 3]) await makeAgentFolders(folders, revision);
    await forgetTemporary(folders, [2, 3]);
    expect((await readdir(folders.temporaries)).toSorted()).toEqual(["r2", "r3"]);
  });
});

describe("putting data back", () => {
  beforeEach(async () => {
    await put("memory", "before");
    await copyFolder(folders.data, folders.snapshot("rol_1"), ABOUT);
    await put("memory", "after");
    await put("new", "after");
  });

  test("brings back what was there, and nothing else", async () => {
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_1");
    expect(await readdir(folders.data)).toEqual(["memory"]);
    expect(await read("memory")).toBe("before");
    expect((await readdir(folders.root)).filter((name) => /next|old/.test(name))).toEqual([]);
  });

  test("is done once: what was written since stays when it is repeated", async () => {
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_1");
    await put("memory", "since");
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_1");
    expect(await read("memory")).toBe("since");
    // Another rollback is another matter.
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_2");
    expect(await read("memory")).toBe("before");
  });

  test("goes on from wherever it was cut off", async () => {
    // Unpacked, and not yet in its place.
    await unpackCopy(folders.snapshot("rol_1"), `${folders.data}.next`);
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_1");
    expect(await read("memory")).toBe("before");
    // Between the two renames: there is no data folder at all.
    await rename(folders.data, `${folders.data}.old`);
    await restoreData(folders, folders.snapshot("rol_1"), "rbk_2");
    expect(await read("memory")).toBe("before");
    expect(existsSync(`${folders.data}.old`)).toBe(false);
  });

  test("a damaged copy leaves the data as it is", async () => {
    await writeFile(join(folders.snapshot("rol_1"), "files", "memory"), "forged");
    await expect(restoreData(folders, folders.snapshot("rol_1"), "rbk_1")).rejects.toMatchObject({ code: "data_loss" });
    expect(await read("memory")).toBe("after");
  });
});
