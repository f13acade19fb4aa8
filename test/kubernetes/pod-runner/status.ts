import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from "./pod.types.ts";

/** What the runner knows of one container. */
export interface ContainerView {
  spec: Container;
  state: ContainerState;
  lastState: ContainerState;
  restarts: number;
  id: string | null;
  /** The startup probe has passed. */
  isStarted: boolean;
  isReady: boolean;
  /** Will not be started again. */
  isOver: boolean;
}

export const newView = (spec: Container, reason: string): ContainerView => ({
  spec,
  state: { waiting: { reason } },
  lastState: {},
  restarts: 0,
  id: null,
  isStarted: false,
  isReady: false,
  isOver: false,
});

export interface PodView {
  pod: Pod;
  address: string | null;
  hostAddress: string;
  startedAt: Date;
  init: ContainerView[];
  containers: ContainerView[];
}

const exitCode = (view: ContainerView): number => view.state.terminated?.exitCode ?? 0;

/** The status that a kubelet reports. Conditions keep the time of their last change. */
export function statusOf(view: PodView, now: Date): Required<Omit<PodStatus, "podIP" | "podIPs">> & PodStatus {
  const { init, containers, address } = view;
  const isInitialized = init.every((each) => each.isOver && exitCode(each) === 0);
  const phase = phaseOf(view, isInitialized);
  const unready = containers.filter(({ isReady }) => !isReady).map(({ spec }) => spec.name);
  const unfinished = init.filter((each) => !each.isOver).map(({ spec }) => spec.name);
  const notReady =
    phase === "Succeeded"
      ? { reason: "PodCompleted" }
      : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const notInitialized = {
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${unfinished.join(" ")}]`,
  };
  const conditions = [
    condition("PodReadyToStartContainers", address !== null),
    condition("Initialized", isInitialized, notInitialized),
    condition("Ready", unready.length === 0, notReady),
    condition("ContainersReady", unready.length === 0, notReady),
    condition("PodScheduled", true),
  ];
  return {
    phase,
    hostIP: view.hostAddress,
    ...(address !== null && { podIP: address, podIPs: [{ ip: address }] }),
    startTime: view.startedAt.toISOString(),
    conditions: conditions.map((each) => dated(each, view.pod.status?.conditions ?? [], now)),
    initContainerStatuses: init.map(containerStatus),
    containerStatuses: containers.map(containerStatus),
  };
}

function phaseOf(
  { init, containers }: PodView,
  isInitialized: boolean,
): "Pending" | "Running" | "Succeeded" | "Failed" {
  if (init.some((each) => each.isOver && exitCode(each) !== 0)) return "Failed";
  if (!isInitialized) return "Pending";
  if (containers.every(({ isOver }) => isOver)) {
    return containers.every((each) => exitCode(each) === 0) ? "Succeeded" : "Failed";
  }
  const hasRun = ({ state, restarts }: ContainerView): boolean => state.waiting === undefined || restarts > 0;
  return containers.every(hasRun) ? "Running" : "Pending";
}

type Undated = Omit<PodCondition, "lastTransitionTime">;

function condition(type: string, isTrue: boolean, otherwise: { reason?: string; message?: string } = {}): Undated {
  return isTrue ? { type, status: "True" } : { type, status: "False", ...otherwise };
}

function dated(next: Undated, before: PodCondition[], now: Date): PodCondition {
  const same = before.find(({ type, status }) => type === next.type && status === next.status);
  return { ...next, lastTransitionTime: same?.lastTransitionTime ?? seconds(now) };
}

/** Times of the API have whole seconds. */
export const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");

function containerStatus(view: ContainerView): ContainerStatus {
  const { spec, state, lastState, restarts, id, isStarted, isReady } = view;
  return {
    name: spec.name,
    image: spec.image,
    imageID: id === null ? "" : spec.image,
    ...(id !== null && { containerID: id }),
    ready: isReady,
    started: isStarted,
    restartCount: restarts,
    state,
    lastState,
  };
}
