import { execFile, spawn } from "node:child_process";
import { cp, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import { CommandError, type CommandOrder } from "./command.order.ts";

type Checkout = NonNullable<CommandOrder["checkout"]>;

const run = promisify(execFile);
/** Nothing of the machine's configuration, and nobody to ask for a password. */
const GIT_ENV = { GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };

/**
 * Fills the folder with what the repository holds at `ref`, or with what lies in it now. Of a folder inside a repository only that
 * folder. Answers the commit; null where there is none.
 */
export async function checkOut(
  { repository, ref, except }: Checkout,
  into: string,
  path: string,
): Promise<string | null> {
  const found = await stat(repository).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new CommandError(`${basename(repository)} is not a folder`, { hopeless: true });
  if (ref === null) {
    const left = new Set(except.map((one) => resolve(one)));
    await cp(repository, into, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => basename(source) !== ".git" && !left.has(resolve(source)),
    });
    return null;
  }
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", ["-C", repository, ...args], { env: { ...GIT_ENV, PATH: path } })).stdout.trim();
  let commit: string;
  try {
    commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
  } catch (error) {
    throw new CommandError(whyNot(error, basename(repository), ref), { hopeless: true, cause: error });
  }
  await unpack(repository, commit, into, path);
  return commit;
}

function whyNot(error: unknown, repository: string, ref: string): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "git is not installed, or not in the PATH of the server";
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  return said === "" ? `${repository} has no commit, branch or tag ${ref}` : `git says of ${repository}: ${said}`;
}

/** `git archive | tar`: the folder's own files, without a repository around them. */
function unpack(repository: string, commit: string, into: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...GIT_ENV, PATH: path };
    const git = spawn("git", ["-C", repository, "archive", "--format=tar", commit], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const tar = spawn("tar", ["-x", "-f", "-", "-C", into], { env, stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    for (const { stderr } of [git, tar])
      stderr.on("data", (bytes: Buffer) => (said += bytes.toString().slice(0, 1_000)));
    tar.stdin.on("error", () => undefined);
    git.stdout.pipe(tar.stdin);
    const codes: (number | null)[] = [];
    for (const child of [git, tar]) {
      child.once("error", (error) =>
        reject(new CommandError(`the checkout failed: ${error.message}`, { cause: error })),
      );
      child.once("close", (code) => {
        codes.push(code);
        if (codes.length < 2) return;
        if (codes.every((one) => one === 0)) resolve();
        else reject(new CommandError(`the checkout failed: ${said.trim()}`));
      });
    }
  });
}
