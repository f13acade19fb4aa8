import type { Instant } from "../time.ts";

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
  resources: { memoryMb: number | null; cpuCores: number | null };
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
}

export interface LogLine {
  instance: string;
  stream: "stdout" | "stderr";
  text: string;
}

export interface LogQuery {
  deployment: string;
  revision?: number;
  instance?: string;
  /** Lines from the end to begin with; default 100. */
  tail?: number;
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
