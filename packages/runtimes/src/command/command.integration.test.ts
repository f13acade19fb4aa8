import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { processesWithVariable } from "../process/process-table.ts";
import { COMMAND_MARK, commandFolder, HOST_MARK } from "./command.folder.ts";
import type { CommandOrder, CommandResult } from "./command.order.ts";
import { beginCommand, killCommand, lookAtCommand, stopCommand } from "./command.runner.ts";

let root: string;
let count = 0;
const begun: CommandOrder[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-command-"));
});
afterAll(async () => {
  for (const order of begun) killCommand(order);
  await rm(root, { recursive: true, force: true });
});

const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

function order(script: string, more: Partial<CommandOrder> = {}): CommandOrder {
  count += 1;
  const id = `test-${process.pid}-${count}`;
  return {
    ...{ id, folder: join(root, id), command: ["sh", "-ec", script], env: { PATH }, checkout: null, copies: [] },
    ...{ workdir: null, artifacts: [], secrets: [], timeoutSeconds: 60, stopSeconds: 1 },
    limits: { cpuSeconds: null, fileMb: 10, logMb: 1, artifactMb: 1 },
    ...more,
  };
}

async function begin(asked: CommandOrder): Promise<CommandOrder> {
  begun.push(asked);
  await beginCommand(asked, () => undefined);
  return asked;
}

const ended = (name: CommandOrder): Promise<CommandResult> =>
  vi.waitUntil(
    () => {
      const state = lookAtCommand(name);
      if (state.kind === "lost") throw new Error("it was lost");
      return state.kind === "ended" && state.result;
    },
    { timeout: 60_000, interval: 20 },
  );

const runs = async (script: string, more?: Partial<CommandOrder>) => ended(await begin(order(script, more)));

const logOf = ({ folder }: CommandOrder): { stream: string; text: string }[] =>
  readFileSync(commandFolder(folder).log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("a command runs in a clean folder, and leaves outputs, artifacts and its log", async () => {
  const asked = order(
    'test -z "$(ls -A)"; echo hello; echo oops >&2; mkdir -p dist/sub; printf abc > dist/sub/a.txt; echo version=1.2.3 >> "$SLUICE_OUTPUTS"',
    { artifacts: [{ name: "dist", paths: ["dist/**"] }] },
  );
  await begin(asked);
  expect(await ended(asked)).toEqual({
    ...{ status: "succeeded", reason: null, exitCode: 0, outputs: { version: "1.2.3" }, hopeless: false },
    artifacts: [
      {
        ...{ name: "dist", path: "dist/sub/a.txt", sizeBytes: 3 },
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      },
    ],
  });
  expect(logOf(asked)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ stream: "stdout", text: "hello" }),
      expect.objectContaining({ stream: "stderr", text: "oops" }),
    ]),
  );
  expect(await readFile(join(commandFolder(asked.folder).artifacts, "dist/dist/sub/a.txt"), "utf8")).toBe("abc");
  expect(existsSync(commandFolder(asked.folder).work)).toBe(false);
});

test("its environment is what the order says and nothing of ours", async () => {
  const asked = order("env | cut -d= -f1 | sort", { env: { PATH, GREETING: "hi" } });
  await begin(asked);
  await ended(asked);
  const names = logOf(asked).map(({ text }) => text);
  expect(names).toEqual(expect.arrayContaining(["GREETING", "HOME", "PATH", "SLUICE_OUTPUTS", "TMPDIR", COMMAND_MARK]));
  expect(names).not.toContain("DATABASE_URL");
  expect(names).not.toContain("VITEST");
});

test("a failure tells the status and the last words, without secrets", async () => {
  const asked = order('echo "the password is hunter22"; echo "token=hunter22" >> "$SLUICE_OUTPUTS"; exit 3', {
    secrets: ["hunter22"],
  });
  await begin(asked);
  expect(await ended(asked)).toMatchObject({
    ...{ status: "failed", exitCode: 3, outputs: { token: "•••" } },
    reason: "it exited with status 3; last said: the password is •••",
  });
  expect(readFileSync(commandFolder(asked.folder).log, "utf8")).not.toContain("hunter22");
});

test("one that forks away and ignores SIGTERM is killed with all it started when its time is up", async () => {
  const asked = order(`trap '' TERM; (trap '' TERM; setsid sleep 600 &) ; sleep 600 & wait; sleep 600`, {
    ...{ timeoutSeconds: 1, stopSeconds: 1 },
  });
  await begin(asked);
  expect(await ended(asked)).toMatchObject({ status: "failed", reason: "it ran longer than 1 s" });
  await expect.poll(() => processesWithVariable(COMMAND_MARK, asked.id)).toEqual([]);
  expect(processesWithVariable(HOST_MARK, asked.id)).toEqual([]);
});

test("what a command leaves running ends with it", async () => {
  const asked = await begin(order("setsid sleep 600 & exit 0"));
  expect(await ended(asked)).toMatchObject({ status: "succeeded" });
  await expect.poll(() => processesWithVariable(COMMAND_MARK, asked.id)).toEqual([]);
});

test("stop ends it, and says so", async () => {
  const asked = await begin(order("echo up; sleep 600"));
  await expect.poll(() => existsSync(commandFolder(asked.folder).began)).toBe(true);
  stopCommand(asked);
  expect(await ended(asked)).toMatchObject({ status: "failed", reason: "it was stopped" });
});

test("a host that is killed leaves a lost command once it had begun", async () => {
  const asked = await begin(order("echo up; sleep 600"));
  await expect.poll(() => existsSync(commandFolder(asked.folder).began)).toBe(true);
  killCommand(asked);
  await expect.poll(() => lookAtCommand(asked).kind).toBe("lost");
  expect(lookAtCommand(order("true")).kind).toBe("unbegun");
});

test("output is kept up to its limit, and the command is not held up", async () => {
  const asked = await begin(order("head -c 30000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo done >&2"));
  expect(await ended(asked)).toMatchObject({ status: "succeeded" });
  const log = logOf(asked);
  expect(readFileSync(commandFolder(asked.folder).log).length).toBeLessThan(1_200_000);
  expect(log.map(({ text }) => text)).toContain("output beyond 1 MB is not kept");
  expect(log.at(-1)?.text).toMatch(/^\d+ lines of output were not kept$/);
});

test("binary output is kept as text that every reader takes", async () => {
  const asked = await begin(order("head -c 5000 /dev/urandom; printf '\\000\\377\\n'; exit 1"));
  const { reason } = await ended(asked);
  expect(reason).not.toContain("\0");
  expect(reason?.isWellFormed()).toBe(true);
  expect(logOf(asked).every(({ text }) => !text.includes("\0"))).toBe(true);
});

test.each([
  [
    "ln -s /etc/passwd leak; mkdir d; ln -s /etc d/etc",
    ["leak"],
    /leak of the artifact a is a link that leads outside/,
  ],
  ["ln -s ../home up; touch ../home/x", ["up/*"], /is a link that leads outside/],
  ["true", ["*.log"], /no file matches \*\.log of the artifact a/],
  ["head -c 2000000 /dev/zero > big", ["big"], /the artifacts are larger than 1 MB/],
])("%s: artifacts %j are refused", async (script, paths, reason) => {
  expect(await runs(script, { artifacts: [{ name: "a", paths }] })).toMatchObject({
    ...{ status: "failed", artifacts: [] },
    reason: expect.stringMatching(reason),
  });
});

test("limits of the kernel hold", async () => {
  const limits = { cpuSeconds: 1, fileMb: 1, logMb: 1, artifactMb: 1 };
  expect(await runs("while :; do :; done", { limits })).toMatchObject({
    status: "failed",
    reason: expect.stringMatching(/kill|signal|status/),
  });
  expect(await runs("head -c 3000000 /dev/zero > big; ls -l big", { limits })).toMatchObject({ status: "failed" });
});

test.each([
  [["no-such-program"], /no-such-program.*not found|status 127/],
  [["/etc/passwd"], /[Pp]ermission denied|status 126/],
])("%j cannot be run, and says why", async (command, reason) => {
  expect(await runs("", { command })).toMatchObject({ status: "failed", reason: expect.stringMatching(reason) });
});

function repository(): string {
  count += 1;
  const folder = join(root, `repository-${count}`);
  mkdirSync(join(folder, "app"), { recursive: true });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
  git("init", "-q", "-b", "main");
  writeFileSync(join(folder, "app", "code.txt"), "one");
  git("add", ".");
  git("commit", "-q", "-m", "one");
  git("tag", "v1");
  writeFileSync(join(folder, "app", "code.txt"), "two");
  git("commit", "-q", "-a", "-m", "two");
  writeFileSync(join(folder, "app", "code.txt"), "not committed");
  return folder;
}

test.each([
  ["v1", "app", "one"],
  ["main", "app", "two"],
  [null, "app", "not committed"],
])("a checkout at %s of the folder %s holds %s", async (ref, folder, content) => {
  const checkout = { repository: join(repository(), folder), ref, except: [] };
  const asked = await begin(order("cat code.txt; test ! -e .git", { checkout }));
  const { status, outputs } = await ended(asked);
  expect(status).toBe("succeeded");
  expect(logOf(asked).map(({ text }) => text)).toContain(content);
  if (ref !== null) expect(outputs.commit).toMatch(/^[0-9a-f]{40}$/);
});

test("a checkout of what is not there fails for good, and nothing runs", async () => {
  const checkout = { repository: repository(), ref: "v9", except: [] };
  expect(await runs("true", { checkout })).toMatchObject({
    ...{ status: "failed", hopeless: true },
    reason: expect.stringMatching(/has no commit, branch or tag v9$/),
  });
});

test("artifacts of earlier stages are placed, and a changed one is refused", async () => {
  const made = await begin(order("mkdir out; printf abc > out/a", { artifacts: [{ name: "out", paths: ["out/*"] }] }));
  const { artifacts } = await ended(made);
  const from = join(commandFolder(made.folder).artifacts, "out");
  const copies = [{ from, into: "in", files: artifacts }];
  expect(await runs("test abc = $(cat in/out/a)", { copies })).toMatchObject({ status: "succeeded" });
  writeFileSync(join(from, "out/a"), "abd");
  expect(await runs("true", { copies })).toMatchObject({
    status: "failed",
    reason: expect.stringMatching(/has been changed since/),
  });
});

test("links in a plain folder are copied as links, so that nothing outside comes in", async () => {
  count += 1;
  const folder = join(root, `plain-${count}`);
  mkdirSync(folder);
  symlinkSync("/etc/passwd", join(folder, "link"));
  const asked = await begin(order("test -L link", { checkout: { repository: folder, ref: null, except: [] } }));
  expect(await ended(asked)).toMatchObject({ status: "succeeded" });
});
