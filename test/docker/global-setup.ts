import type { TestProject } from "vitest/node";
import { freePort } from "../kubernetes/programs.ts";
import { startPodman } from "./podman.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where an API as Docker's listens for the whole run. */
    dockerSocket: string;
    /** Where a registry may be started that it pulls from without TLS. */
    dockerRegistryPort: number;
  }
}

/** One Podman for all tests of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const podman = await startPodman({ registry: `127.0.0.1:${port}` });
  project.provide("dockerSocket", podman.socketPath);
  project.provide("dockerRegistryPort", port);
  return podman.close;
}
