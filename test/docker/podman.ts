import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Agent, request } from "undici";
import { type Program, startProgram } from "../kubernetes/programs.ts";

const execute = promisify(execFile);

/** A Podman that speaks Docker's API, with images and containers of its own. */
export interface Podman extends AsyncDisposable {
  /** Where its API listens. */
  readonly socketPath: string;
  /** A folder for files of the tests, removed with it. */
  readonly folder: string;
  /** Kills the service alone, as a crash would; containers go on. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** Ends every container and removes everything. */
  close(): Promise<void>;
}

interface PodmanOptions {
  /** `host:port` of a registry that is spoken to without TLS. */
  registry?: string;
}

const START_MS = 60_000;

/** Test machines may let nobody raise these, and Podman would try to. */
const SETTINGS = `
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

/** Starts Podman's service. Needs root, and Debian's `podman` and `runc`. */
export async function startPodman({ registry }: PodmanOptions = {}): Promise<Podman> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-podman-"));
  const socketPath = join(folder, "podman.sock");
  const settings = join(folder, "containers.conf");
  const registries = join(folder, "registries.conf");
  const networks = join(folder, "networks");
  const root = join(folder, "root");
  await mkdir(networks);
  await writeFile(settings, `${SETTINGS}[network]\nnetwork_config_dir = "${networks}"\n`);
  await writeFile(
    registries,
    registry === undefined ? "" : `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`,
  );
  const places = ["--root", root, "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp")];
  const variables = [`CONTAINERS_CONF=${settings}`, `CONTAINERS_REGISTRIES_CONF=${registries}`];
  const podman = [...variables, "podman", ...places, "--storage-driver", "overlay"];
  let service: Program | null = null;

  async function startService(): Promise<void> {
    if (service?.ended === null) return;
    await rm(socketPath, { force: true });
    const command = [...podman, "system", "service", "--time=0", `unix://${socketPath}`];
    const started = await startProgram("env", command, join(folder, "podman.log"));
    service = started;
    const deadline = Date.now() + START_MS;
    while (!(await answers(socketPath))) {
      if (started.ended === null && Date.now() < deadline) await delay(50);
      else throw new Error(started.ended ?? `podman did not answer in ${START_MS} ms`);
    }
  }

  const stopService = async (): Promise<void> => service?.stop("SIGKILL");

  async function close(): Promise<void> {
    await execute("env", [...podman, "rm", "--all", "--force", "--time", "0"]).catch(() => undefined);
    await stopService();
    // Podman mounts its own storage onto itself.
    await execute("umount", [join(root, "overlay")]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await startService();
  } catch (error) {
    await close();
    throw error;
  }
  return { socketPath, folder, startService, stopService, close, [Symbol.asyncDispose]: close };
}

async function answers(socketPath: string): Promise<boolean> {
  const agent = new Agent({ connect: { socketPath } });
  try {
    const answer = await request("http://podman/_ping", { dispatcher: agent });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  } finally {
    await agent.destroy();
  }
}
