import { type Recipe, targetSchema, type Workload } from "@sluice/core";
import { expect, test } from "vitest";
import { releaseOf } from "./chart.values.ts";

const RECIPE = {
  type: "chart",
  chart: "/charts/model-serving",
  values: { model: { name: "iris" }, s3: { endpoint: "minio:9000" }, probes: { live: "/live" } },
  secrets: { s3: { accessKey: "AKIA-1", secretKey: "s3cret" } },
} as const satisfies Recipe;

const WORKLOAD: Workload = {
  deployment: "dep_1",
  revision: 3,
  fence: 7,
  replicas: 2,
  command: [],
  image: null,
  workdir: null,
  env: { LEVEL: "info" },
  secrets: { TOKEN: "t0ken" },
  resources: { memoryMb: 512, cpuCores: 0.5 },
  requests: { memoryMb: 256, cpuCores: null },
  gpus: 1,
  scaling: null,
  placement: {
    target: targetSchema.parse({ type: "kubernetes", nodeSelector: { disk: "ssd" } }),
    project: "shop",
    environment: "production",
    name: "model-1-1700000000",
    kind: "model",
  },
  version: "1",
  healthCheck: { path: "/v2/health/ready", intervalSeconds: 2, timeoutSeconds: 1, retries: 4 },
  progressDeadlineSeconds: 90,
  stopSeconds: 10,
};

const release = (change: Partial<Workload> = {}) => releaseOf({ ...WORKLOAD, ...change }, RECIPE);

test("the recipe's values stand, and what the deployment is configured with comes to them", () => {
  const { name, values } = release();
  expect(name).toMatch(/^model-1-1700000000-\w{5}-r3$/);
  expect(values).toMatchObject({
    model: { name: "iris" },
    s3: { endpoint: "minio:9000", accessKey: "AKIA-1", secretKey: "s3cret" },
    fullnameOverride: name,
    replicaCount: 2,
    env: { SLUICE_DEPLOYMENT: "dep_1", SLUICE_REVISION: "3", LEVEL: "info" },
    secretEnv: { TOKEN: "t0ken" },
    resources: { limits: { memory: "512Mi", cpu: "500m" }, requests: { memory: "256Mi" } },
    gpus: 1,
    probes: { live: "/live", ready: "/v2/health/ready", periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 4 },
    progressDeadlineSeconds: 90,
    terminationGracePeriodSeconds: 10,
    autoscaling: { enabled: false },
    nodeSelector: { disk: "ssd" },
  });
  expect(values.resources).not.toHaveProperty("requests.cpu");
});

test("the release is found by the labels of its revision, and objects and status by the same", () => {
  const { labels, values, digest } = release();
  expect(labels).toMatchObject({
    "app.kubernetes.io/managed-by": "sluice",
    "sluice.dev/deployment": "dep_1",
    "sluice.dev/revision": "3",
    "sluice.dev/digest": digest,
  });
  expect(values.commonLabels).toMatchObject({ "sluice.dev/deployment": "dep_1", "sluice.dev/revision": "3" });
  expect(values.deploymentAnnotations).toEqual({
    "sluice.dev/replicas": "2",
    "sluice.dev/progress-deadline-seconds": "90",
    "sluice.dev/parts": "Service,Secret",
  });
  for (const value of Object.values(labels)) expect(value).toMatch(/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/);
});

test("only a number of instances and a fence are the same release with other figures", () => {
  expect(release({ replicas: 5, fence: 8 }).digest).toBe(release().digest);
  expect(release({ env: {} }).digest).not.toBe(release().digest);
  expect(release({ secrets: { TOKEN: "rotated" } }).digest).not.toBe(release().digest);
});

test("whoever scales by use gets its bounds", () => {
  const { values } = release({ scaling: { min: 1, max: 4, targetCpu: 70 } });
  expect(values.autoscaling).toEqual({
    enabled: true,
    minReplicas: 2,
    maxReplicas: 4,
    targetCPUUtilizationPercentage: 70,
    targetMemoryUtilizationPercentage: null,
  });
});

test("every secret is known as one, wherever it is", () => {
  expect(release().secrets.sort()).toEqual(["AKIA-1", "s3cret", "t0ken"]);
});
