import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Postmaster {
  pid: number;
  port: number;
}

/**
 * The PostgreSQL that runs on the cluster's folder, from its lock file `postmaster.pid`; null when there is none.
 * A lock file whose pid now belongs to some other program (a machine or container that was restarted) is removed:
 * PostgreSQL would refuse to start over it.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const file = join(cluster, "postmaster.pid");
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const [pid, , , port] = text.split("\n").map(Number);
  if (pid === undefined || !Number.isInteger(pid) || pid <= 0) return null;
  const program = await programOf(pid);
  if (program === null) return null;
  if (program !== "postgres") {
    await rm(file);
    return null;
  }
  return { pid, port: port ?? 0 };
}

/** Name of the running program with this pid, or null. */
async function programOf(pid: number): Promise<string | null> {
  // Images without `ps` exist; Linux without /proc hardly.
  const name = await (process.platform === "linux" ? readFile(`/proc/${pid}/comm`, "utf8") : askPs(pid)).catch(
    () => "",
  );
  return name.trim() === "" ? null : basename(name.trim());
}

const askPs = async (pid: number): Promise<string> => (await run("ps", ["-o", "comm=", "-p", String(pid)])).stdout;
