import type { Json } from "../json.ts";
import type { PipelineResource } from "../pipeline/pipeline.resource.ts";
import type { Instant } from "../time.ts";
import type { Placement } from "./placement.ts";

/**
 * What an instance is there for. A `service` answers on its port; a `stream` works on by itself, without one; a `job` comes to its
 * end, and is done when it exits with status 0.
 */
export const PROCESS_KINDS = ["service", "stream", "job"] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

export interface HealthCheck {
  /** Path that must answer 2xx or 3xx; `null` means that an accepted TCP connection is enough. */
  path: string | null;
  intervalSeconds: number;
  timeoutSeconds: number;
  /** Failures in a row that make a ready instance unready. */
  retries: number;
  /** Of a stream: how long it must have lived to be ready; default 5. */
  readySeconds?: number | undefined;
  /** Of a stream: how often at least it touches the file in `SLUICE_HEARTBEAT_FILE`. Absent: it need not. */
  heartbeatSeconds?: number | undefined;
}

export interface Scaling {
  min: number;
  max: number;
  /** Percent of what was requested. */
  targetCpu?: number | undefined;
  targetMemory?: number | undefined;
}

/** How a revision comes to be in a cluster when others know better than a runtime what it consists of. */
export type Recipe =
  /** A Helm chart in a folder; `secrets` are values that end up in a Secret. */
  | { type: "chart"; chart: string; values: Record<string, Json>; secrets: Record<string, Json> }
  /** A pipeline of telemetry: what the pipelines operator makes collectors of, on the nodes that are meant. */
  | { type: "pipeline"; spec: Omit<PipelineResource, "maxNodes"> };

/** What one revision of a deployment should run, in words every runtime understands. */
export interface Workload {
  deployment: string;
  revision: number;
  /** Fencing token: the runtime refuses (`aborted`) a workload whose fence is below the highest it has seen for the deployment. */
  fence: number;
  replicas: number;
  /** Program and arguments. The instance is told its port in the variable `PORT`. */
  command: string[];
  image: string | null;
  /** Default: a service. */
  process?: ProcessKind | undefined;
  /** Absolute working folder. */
  workdir: string | null;
  env: Record<string, string>;
  /** Variables beside `env` whose values nobody may see: a runtime keeps them apart where it can. */
  secrets?: Record<string, string> | undefined;
  /** Limits. */
  resources: { memoryMb: number | null; cpuCores: number | null };
  /** What is set aside for each instance, where somebody places them. Absent: nothing was said. */
  requests?: { memoryMb: number | null; cpuCores: number | null } | undefined;
  /** Whole graphics processors of each instance; 0 or absent: none. */
  gpus?: number | undefined;
  /** Bounds in which the runtime may change the number of instances by itself; null or absent: it keeps to `replicas`. */
  scaling?: Scaling | null | undefined;
  /** Absent on machines that have one place for everything. */
  placement?: Placement | undefined;
  /** The version's name, for labels. */
  version?: string | undefined;
  /** What a cluster is given instead of containers of its own making. */
  recipe?: Recipe | undefined;
  healthCheck: HealthCheck;
  /** How long an instance may take from start to ready, and a revision from wanted to available. */
  progressDeadlineSeconds: number;
  /** Between SIGTERM and SIGKILL. */
  stopSeconds: number;
}

export type InstanceState =
  | "starting"
  | "ready"
  | "unready"
  | "draining"
  /** Exited and waiting for its next start. */
  | "backoff"
  /** A job that has done its work. */
  | "completed"
  /** Exited or failed to start so often that the revision is judged broken; still restarted, slowly. */
  | "crash_loop";

/** Whether the instance does what it is there for, or has done it. */
export const isUp = ({ state }: Pick<InstanceStatus, "state">): boolean => state === "ready" || state === "completed";

/** What all processes of one instance use together, as last measured. */
export interface ResourceUsage {
  /** Resident memory. Pages that several processes of the instance share count once for each of them. */
  rssBytes: number;
  /** Processor time used since the measurement before, for each second of it: 1 is one core, fully used. */
  cpuCores: number;
  at: Instant;
}

export interface InstanceStatus {
  id: string;
  revision: number;
  state: InstanceState;
  address: { host: string; port: number } | null;
  pid: number | null;
  restarts: number;
  startedAt: Instant | null;
  readyAt: Instant | null;
  /** Why it is not ready, in a sentence: last exit, last failed probe. */
  reason: string | null;
  /** Null or absent: not measured yet, nothing runs, or the runtime does not measure. */
  usage?: ResourceUsage | null;
}

export interface WorkloadStatus {
  deployment: string;
  revision: number;
  /** Replicas wanted by the last `apply`; 0 while the revision is being removed. */
  desired: number;
  instances: InstanceStatus[];
  /** `failed`: crash loop, progress deadline passed, or cannot be started at all. */
  verdict: "progressing" | "available" | "failed";
  reason: string | null;
  /** What somebody else changed of it, in a sentence: applying again mends it. Absent: nothing, or the runtime cannot tell. */
  drift?: string;
}

export interface LogLine {
  instance: string;
  stream: "stdout" | "stderr";
  text: string;
  /**
   * When it was printed, as far as the runtime knows: of programs that write to files of their own, when it was first seen,
   * less than a second later. Null: nobody was looking.
   */
  at: Instant | null;
  /** The place behind it, for `LogQuery.from`. Only while following, and not among more streams than a place has room for. */
  next?: string;
}

export interface LogQuery {
  deployment: string;
  revision?: number;
  instance?: string;
  /** Lines from the end to begin with; default 100. */
  tail?: number;
  /** Begins behind a line, given its `next`, instead of with a tail. Throws `invalid_argument` for what is no such place. */
  from?: string;
  follow?: boolean;
  signal?: AbortSignal;
}

/** Where instances run. Every method is idempotent; desired state is kept by the runtime and outlives this process. */
export interface Runtime {
  readonly type: "process" | "docker" | "kubernetes";
  /** Adopts what runs already and begins to supervise. */
  start(): Promise<void>;
  /** Stops supervising. Instances keep running. */
  close(): Promise<void>;
  /** Makes the revision's instances be as wanted, eventually. Returns once the wish is durable. */
  apply(workload: Workload): Promise<void>;
  /** Drains, stops and forgets the revision's instances, eventually. Unknown revisions are fine. */
  remove(target: { deployment: string; revision: number; fence: number }): Promise<void>;
  /** Replaces every instance by a fresh one, one at a time, never below the wanted number of ready ones when more than one is wanted. */
  restart(target: { deployment: string; revision: number; fence: number }): Promise<void>;
  observe(deployment: string): Promise<WorkloadStatus[]>;
  /** Every deployment this runtime holds anything of: what garbage collection compares with the database. */
  deployments(): Promise<string[]>;
  logs(query: LogQuery): AsyncIterable<LogLine>;
  /** A hint that something about the deployment changed; may be lost or doubled. Returns how to stop listening. */
  onChange(listener: (deployment: string) => void): () => void;
}
