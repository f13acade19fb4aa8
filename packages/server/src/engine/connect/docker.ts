import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import type { DaemonTls } from "@sluice/runtimes/docker";
import type { Logger } from "pino";
import type { Config } from "../../config.ts";
import type { Connect } from "../targets.ts";

type DockerConfig = Pick<Config, "docker" | "dataDir" | "programEnv">;

/** Reaches the daemon of a target, or the one that this server was configured with. */
export function connectDocker({ docker, dataDir, programEnv }: DockerConfig, logger: Logger): Connect {
  return async (target) => {
    if (target.type !== "docker") throw new SluiceError("internal", `target ${target.type} is no Docker`);
    // Whoever has no such target does not wait for a client of Docker to load.
    const { createDockerRuntime, daemonAddress } = await import("@sluice/runtimes/docker");
    const host = target.host ?? docker.host;
    const configFolder = configFolderOf({ docker, programEnv });
    const tls = await tlsOf(host, { docker, programEnv });
    const runtime = createDockerRuntime({
      folder: join(dataDir, "docker", folderOf(host)),
      daemon: daemonAddress(host, tls),
      reach: docker.reach,
      configFolder,
      programEnv,
      logger: logger.child({ part: "docker", daemon: host }),
    });
    try {
      await runtime.start();
    } catch (error) {
      await runtime.close();
      throw error;
    }
    return { runtime, plane: null, preflight: runtime.preflight, close: runtime.close };
  };
}

const configFolderOf = ({ docker, programEnv }: Pick<DockerConfig, "docker" | "programEnv">): string =>
  docker.configFolder ?? join(programEnv.HOME ?? homedir(), ".docker");

/** What is shown to a daemon, and what its certificate is looked at with; null: it is spoken to without TLS, or with none of ours. */
export async function tlsOf(
  host: string,
  config: Pick<DockerConfig, "docker" | "programEnv">,
): Promise<DaemonTls | null> {
  if (!config.docker.tls && !host.startsWith("https://")) return null;
  return readTls(config.docker.certFolder ?? configFolderOf(config));
}

/** One folder for each daemon; its address may be longer than a name, and hold what no name may. */
const folderOf = (host: string): string => createHash("sha256").update(host).digest("hex").slice(0, 16);

/** What is in Docker's folder of certificates; whatever is not there is done without. */
async function readTls(folder: string): Promise<DaemonTls> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readPem(join(folder, name))),
  );
  if ((cert === undefined) !== (key === undefined))
    throw new SluiceError(
      "failed_precondition",
      `${folder} has only one of cert.pem and key.pem; both or neither are needed`,
    );
  return { ca, cert, key };
}

async function readPem(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new SluiceError("failed_precondition", `${path}, for TLS with Docker, cannot be read: ${error.code}`);
  });
}
