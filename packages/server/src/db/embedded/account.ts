import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The operating system's user that PostgreSQL runs as; null: the one we run as ourselves. */
export interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root: root lends it `postgres`, or `nobody` where that does not exist. */
export async function findAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]))).catch(() => null);
    const [uid, gid] = ids?.map(({ stdout }) => Number(stdout)) ?? [];
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new Error("PostgreSQL cannot run as root, and this machine has no user `postgres` or `nobody` to run it as");
}

export type Execute = (program: string, args: string[]) => Promise<string>;

/**
 * Runs programs as the account. A folder of root's such as /root or one of mktemp is closed to other users; then the
 * program keeps root's right to pass closed folders (CAP_DAC_OVERRIDE), and nothing else of root's.
 *
 * @param probe a program that must be able to start, and a folder that it must be able to enter
 */
export async function executeAs(account: Account | null, probe: { program: string; folder: string }): Promise<Execute> {
  if (account === null) return (program, args) => execute(program, args, {});
  const plain: Execute = (program, args) => execute(program, args, account);
  try {
    await plain(probe.program, ["--version"]);
    await plain("test", ["-x", probe.folder]);
    return plain;
  } catch {
    const ids = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
    const rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
    return (program, args) => execute("setpriv", [...ids, ...rights, program, ...args], {});
  }
}

async function execute(program: string, args: string[], account: Partial<Account>): Promise<string> {
  // C: messages are read by people of every language, and searched in by us.
  const { stdout } = await run(program, args, { ...account, cwd: "/", env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } });
  return stdout;
}
