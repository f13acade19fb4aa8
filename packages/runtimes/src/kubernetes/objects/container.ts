import type { HealthCheck, Workload } from "@sluice/core";
import { CONTAINER_NAME, CONTAINER_PORT, PORT_NAME } from "./labels.ts";

/** How closely a container is held; see the target's `isolation`. */
export type Isolation = "strict" | "baseline";

export interface ContainerOptions {
  /** The ConfigMap and the Secret that its variables are in, as far as it has any. */
  variables: { configMap: string | null; secret: string | null };
  isolation: Isolation;
  /** Between being taken out of the Service and SIGTERM: what is under way to it still arrives. */
  drainSeconds: number;
}

export const isService = ({ process = "service" }: Pick<Workload, "process">): boolean => process === "service";

/** The program of a workload as the container of a pod. Pure. */
export function containerOf(workload: Workload, { variables, isolation, drainSeconds }: ContainerOptions) {
  const { command, image, workdir } = workload;
  const { configMap, secret } = variables;
  const envFrom = [
    ...(configMap === null ? [] : [{ configMapRef: { name: configMap } }]),
    // Later ones win, as secrets do on a machine.
    ...(secret === null ? [] : [{ secretRef: { name: secret } }]),
  ];
  return {
    name: CONTAINER_NAME,
    image: image ?? "",
    ...(command.length > 0 && { command: command.map(literal) }),
    ...(workdir !== null && { workingDir: workdir }),
    env: variablesOf(workload),
    ...(envFrom.length > 0 && { envFrom }),
    ...(isService(workload) && {
      ports: [{ name: PORT_NAME, containerPort: CONTAINER_PORT, protocol: "TCP" }],
      ...probesOf(workload),
    }),
    ...(drainSeconds > 0 && isService(workload) && { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } }),
    resources: resourcesOf(workload),
    securityContext: {
      allowPrivilegeEscalation: false,
      ...(isolation === "strict" && { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } }),
    },
    // A program's last lines say more than its exit code.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
}

/** Kubernetes puts variables in for `$(NAME)`; a command is to be what it says, as it is on a machine. */
const literal = (argument: string): string => argument.replaceAll("$(", () => "$$(");

function variablesOf(workload: Workload) {
  return [
    { name: "SLUICE_DEPLOYMENT", value: workload.deployment },
    { name: "SLUICE_INSTANCE", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "SLUICE_REVISION", value: String(workload.revision) },
    ...(isService(workload) ? [{ name: "PORT", value: String(CONTAINER_PORT) }] : []),
    // Nobody looks at it here: an image need not hold a program that could.
    ...(workload.process === "stream" ? [{ name: "SLUICE_HEARTBEAT_FILE", value: "/tmp/heartbeat" }] : []),
  ];
}

/** As many times more failures as take an instance out end it: who is merely slow gets time to recover. */
const LIVENESS_PATIENCE = 3;

function probesOf({ healthCheck, progressDeadlineSeconds }: Workload) {
  const { path, timeoutSeconds, retries } = healthCheck;
  const periodSeconds = wholeSeconds(healthCheck.intervalSeconds);
  const how = {
    ...(path === null ? { tcpSocket: { port: PORT_NAME } } : { httpGet: { path, port: PORT_NAME, scheme: "HTTP" } }),
    periodSeconds,
    timeoutSeconds: wholeSeconds(timeoutSeconds),
    successThreshold: 1,
  };
  return {
    // Until it has answered once nothing else is asked of it, for as long as a start may take.
    startupProbe: { ...how, failureThreshold: Math.max(1, Math.ceil(progressDeadlineSeconds / periodSeconds)) },
    readinessProbe: { ...how, failureThreshold: retries },
    livenessProbe: { ...how, failureThreshold: retries * LIVENESS_PATIENCE },
  };
}

/** Kubernetes counts in whole seconds, from one. */
export const wholeSeconds = (seconds: number): number => Math.max(1, Math.round(seconds));

/** Of a stream: how long it must have lived to count as ready. */
export const readySeconds = ({ process }: Workload, { readySeconds: seconds = 5 }: HealthCheck): number =>
  process === "stream" ? Math.round(seconds) : 0;

function resourcesOf({ resources, requests, gpus = 0 }: Workload) {
  const limits = { ...quantities(resources), ...(gpus > 0 && { "nvidia.com/gpu": String(gpus) }) };
  const set = requests === undefined ? {} : quantities(requests);
  return {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(set).length > 0 && { requests: set }),
  };
}

const quantities = ({ memoryMb, cpuCores }: Workload["resources"]): Record<string, string> => ({
  ...(cpuCores !== null && { cpu: cpuQuantity(cpuCores) }),
  ...(memoryMb !== null && { memory: memoryQuantity(memoryMb) }),
});

/** As the API server itself would write them, so that what it answers with is what was applied. */
export const cpuQuantity = (cores: number): string => {
  const thousandths = Math.max(1, Math.round(cores * 1_000));
  return thousandths % 1_000 === 0 ? String(thousandths / 1_000) : `${thousandths}m`;
};

export function memoryQuantity(megabytes: number): string {
  let amount = Math.max(1, Math.round(megabytes * 1_024 * 1_024));
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  let unit = 0;
  while (amount % 1_024 === 0 && unit < units.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  return `${amount}${units[unit]}`;
}
