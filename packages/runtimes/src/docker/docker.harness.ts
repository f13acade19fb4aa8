import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { buildTestImage } from "../../../../test/docker/image.ts";
import { testEnv } from "../process/process.harness.ts";
import { eventually } from "../suite/eventually.ts";
import { ON_THIS_MACHINE, type RuntimeHarness } from "../suite/runtime.harness.ts";
import { LABELS } from "./container.labels.ts";
import { daemonAddress } from "./daemon.address.ts";
import { folderId } from "./data-folder.id.ts";
import { FIXTURE_IMAGE, imageWorkload } from "./docker.fixture.ts";
import { createDockerRuntime, type DockerRuntime } from "./docker.runtime.ts";
import type { DockerRuntimeOptions } from "./docker.types.ts";

const FIXTURES = fileURLToPath(new URL("../suite/fixtures", import.meta.url));

export interface DockerHarness extends RuntimeHarness {
  readonly runtime: DockerRuntime;
  readonly docker: Docker;
  readonly folder: string;
  /** Containers of this harness's runtime, running or not. */
  containers(): Promise<Docker.ContainerInfo[]>;
}

const built = new Map<string, Promise<void>>();

function fixtureImage(socketPath: string): Promise<void> {
  const making =
    built.get(socketPath) ??
    buildTestImage(socketPath, { name: FIXTURE_IMAGE, withNode: true, files: { "/app": FIXTURES } });
  built.set(socketPath, making);
  return making;
}

export async function createDockerHarness(
  socketPath: string,
  changes: Partial<DockerRuntimeOptions> = {},
): Promise<DockerHarness> {
  await fixtureImage(socketPath);
  const folder = await mkdtemp(join(tmpdir(), "sluice-docker-"));
  const docker = new Docker({ socketPath });
  const open = async (): Promise<DockerRuntime> => {
    const runtime = createDockerRuntime({
      folder,
      daemon: daemonAddress(`unix://${socketPath}`, null),
      programEnv: testEnv,
      logs: { maxBytes: 256 * 1024, keep: 2 },
      policy: { drainMs: 100, backoffMinMs: 50 },
      ...changes,
    });
    await runtime.start();
    return runtime;
  };
  let runtime = await open();
  const owner = await folderId(folder);
  const containers = (): Promise<Docker.ContainerInfo[]> =>
    docker.listContainers({ all: true, filters: { label: [`${LABELS.owner}=${owner}`] } });

  return {
    docker,
    folder,
    containers,
    get runtime() {
      return runtime;
    },
    workload: imageWorkload,
    async reopen() {
      await runtime.close();
      runtime = await open();
    },
    ...ON_THIS_MACHINE,
    async dispose() {
      for (const deployment of await runtime.deployments())
        for (const { revision } of await runtime.observe(deployment))
          await runtime.remove({ deployment, revision, fence: Number.MAX_SAFE_INTEGER });
      await eventually("everything is removed", async () => (await runtime.deployments()).length === 0 || undefined);
      const left = await containers();
      await runtime.close();
      await rm(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`containers are left: ${left.flatMap(({ Names }) => Names).join(", ")}`);
    },
  };
}
