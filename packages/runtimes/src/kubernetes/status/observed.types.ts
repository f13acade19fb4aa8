import type { Condition, KubeObject } from "../client/kube.types.ts";

/** The parts of the API's objects that a status is read from. */
export interface ObservedDeployment extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number } & Record<string, unknown>;
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface ObservedJob extends KubeObject {
  spec?: { completions?: number; parallelism?: number; suspend?: boolean } & Record<string, unknown>;
  status?: { active?: number; succeeded?: number; failed?: number; conditions?: Condition[] };
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    exitCode: number;
    signal?: number;
    reason?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
  };
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  /** It has answered its startup probe, in this run of it. */
  started?: boolean;
  restartCount: number;
  containerID?: string;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ObservedPod extends KubeObject {
  spec?: { nodeName?: string; containers?: { name: string; ports?: { name?: string; containerPort: number }[] }[] };
  status?: {
    phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
    reason?: string;
    message?: string;
    podIP?: string;
    startTime?: string;
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}
