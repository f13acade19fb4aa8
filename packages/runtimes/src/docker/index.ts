export { type DaemonTls, daemonAddress } from "./daemon.address.ts";
export { readDaemonVersion } from "./daemon.version.ts";
export { createDockerRuntime } from "./docker.runtime.ts";
