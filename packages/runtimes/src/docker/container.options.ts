import type { ContainerCreateOptions } from "dockerode";
import type { Instance } from "../supervision/instance.ts";
import type { StoredWorkload } from "../supervision/workload.schema.ts";
import { containerName, labelsOf } from "./container.labels.ts";
import type { Reach } from "./docker.types.ts";

/** What a program is told in PORT where its container has a network of its own. */
export const CONTAINER_PORT = 8_080;
/** Where a stream tells that it is well; on a volume, since the root cannot be written. */
const HEARTBEAT_FOLDER = "/var/run/sluice";
export const HEARTBEAT_FILE = `${HEARTBEAT_FOLDER}/heartbeat`;

const MEBIBYTE = 1024 * 1024;
/** Processes and threads: enough for any program that means well. */
const MOST_PIDS = 4_096;
/** Of the daemon's own copy of the output; ours is what people read. */
const DAEMON_LOG = { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } };

interface ContainerOf {
  instance: Instance;
  workload: StoredWorkload;
  owner: string;
  image: { id: string; digest: string };
  network: NetworkUse;
}

/** How a container's port is made to be reached. */
export type NetworkUse =
  /** The machine's own network: the program listens on a port of the machine. */
  | { mode: "host"; address: string; port: number }
  | { mode: "published"; network: string; address: string }
  | { mode: "container"; network: string };

export function networkUse(network: string | undefined, reach: Reach, address: string, port: number): NetworkUse {
  if (network === "host") return { mode: "host", address, port };
  const name = network ?? "bridge";
  return reach === "published" ? { mode: "published", network: name, address } : { mode: "container", network: name };
}

/**
 * The container of one launch. Strict isolation, unless the target says otherwise: nothing but /tmp can be written, no
 * capability is held and none can be gained. The daemon never restarts it: that is the supervisor's.
 */
export function containerOptions({ instance, workload, owner, image, network }: ContainerOf): ContainerCreateOptions {
  const { command, workdir, process: kind = "service" } = workload;
  const listens = kind === "service";
  const port = `${CONTAINER_PORT}/tcp`;
  return {
    name: containerName(workload, instance.id, instance.launches),
    Image: image.id,
    // As in a cluster: a command stands in for the image's own, arguments and all.
    ...(command.length > 0 && { Entrypoint: command, Cmd: [] }),
    ...(workdir !== null && { WorkingDir: workdir }),
    Env: Object.entries(variablesOf(instance, workload, network)).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf({ owner, instance: instance.id, workload, digest: image.digest }),
    ...(listens && network.mode === "published" && { ExposedPorts: { [port]: {} } }),
    ...(kind === "stream" && { Volumes: { [HEARTBEAT_FOLDER]: {} } }),
    HostConfig: {
      NetworkMode: network.mode === "host" ? "host" : network.network,
      ...(listens &&
        network.mode === "published" && { PortBindings: { [port]: [{ HostIp: network.address, HostPort: "" }] } }),
      RestartPolicy: { Name: "no" },
      LogConfig: DAEMON_LOG,
      ...limitsOf(workload),
      ...isolationOf(workload),
    },
  };
}

function variablesOf(instance: Instance, workload: StoredWorkload, network: NetworkUse): Record<string, string> {
  const { env, secrets, process: kind = "service", revision, deployment } = workload;
  return {
    ...env,
    ...secrets,
    ...(kind === "service" && { PORT: String(network.mode === "host" ? network.port : CONTAINER_PORT) }),
    ...(kind === "stream" && { SLUICE_HEARTBEAT_FILE: HEARTBEAT_FILE }),
    SLUICE_INSTANCE: instance.id,
    SLUICE_REVISION: String(revision),
    SLUICE_DEPLOYMENT: deployment,
  };
}

function limitsOf({ resources, requests, gpus = 0 }: StoredWorkload): ContainerCreateOptions["HostConfig"] {
  const bytes = (mebibytes: number): number => Math.round(mebibytes * MEBIBYTE);
  const { memoryMb, cpuCores } = resources;
  return {
    PidsLimit: MOST_PIDS,
    // As much with swap as without: a limit that swapping could stretch is none.
    ...(memoryMb !== null && { Memory: bytes(memoryMb), MemorySwap: bytes(memoryMb) }),
    ...(cpuCores !== null && { NanoCpus: Math.round(cpuCores * 1e9) }),
    ...(requests?.memoryMb != null && { MemoryReservation: bytes(requests.memoryMb) }),
    ...(requests?.cpuCores != null && { CpuShares: Math.max(2, Math.round(requests.cpuCores * 1_024)) }),
    ...(gpus > 0 && { DeviceRequests: [{ Count: gpus, Capabilities: [["gpu"]] }] }),
  };
}

function isolationOf({ placement }: StoredWorkload): ContainerCreateOptions["HostConfig"] {
  const { target } = placement ?? {};
  if (target?.type === "docker" && target.isolation === "daemon") return {};
  return {
    ReadonlyRootfs: true,
    Tmpfs: { "/tmp": "rw,nosuid,nodev,exec,mode=1777" },
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
  };
}
