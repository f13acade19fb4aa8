import type { Condition, KubeObject } from "@sluice/runtimes/kubernetes";

/** A `PhoenixProcessPipeline` as it is in the cluster: its spec is what somebody wrote, and may be anything. */
export interface Pipeline extends KubeObject {
  spec?: unknown;
  status?: PipelineStatus;
}

export const PIPELINE_PHASES = ["Pending", "Progressing", "Running", "Degraded", "Invalid", "Terminating"] as const;

export interface PipelineStatus {
  /** The generation of the spec that the rest is about. */
  observedGeneration: number;
  phase: (typeof PIPELINE_PHASES)[number];
  /** In a sentence; empty when there is nothing to say. */
  message: string;
  /** Nodes that are meant. */
  nodes: number;
  /** Collectors: wanted, ready, and ready with the configuration of this generation. */
  desired: number;
  ready: number;
  updated: number;
  /** Of what the collectors run; empty before there is any. */
  digest: string;
  conditions: Condition[];
}

/** The parts of Kubernetes' own kinds that are read here. */
export interface DaemonSet extends KubeObject {
  spec?: { template: { metadata?: { annotations?: Record<string, string> } } };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled: number;
    currentNumberScheduled: number;
    numberReady: number;
    updatedNumberScheduled?: number;
  };
}

export interface Pod extends KubeObject {
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: {
      ready: boolean;
      restartCount: number;
      state?: { waiting?: { reason?: string; message?: string } };
      lastState?: { terminated?: { exitCode?: number; reason?: string; message?: string } };
    }[];
  };
}
