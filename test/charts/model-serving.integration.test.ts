import { expect, test } from "vitest";
import { kindsOf, only, render, runHelm } from "./render.ts";

const CHART = "charts/model-serving";
const MODEL = { name: "iris", version: "1", path: "s3://models/default/iris/1" };
const KEYS = { accessKey: "AKIA-1", secretKey: "s3cret" };

interface Container {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value?: string; valueFrom?: object }[];
  resources: object;
  securityContext: object;
  [probe: string]: unknown;
}

interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: { initContainers: [Container]; containers: [Container]; [field: string]: unknown };
}

const deploymentOf = async (values: object): Promise<{ spec: Record<string, unknown>; template: PodTemplate }> => {
  const { spec } = only(await render(CHART, "iris", { model: MODEL, ...values }), "Deployment");
  const known = spec as { template: PodTemplate } & Record<string, unknown>;
  return { spec: known, template: known.template };
};
const containers = async (values: object): Promise<{ fetch: Container; server: Container }> => {
  const { initContainers, containers } = (await deploymentOf(values)).template.spec;
  return { fetch: initContainers[0], server: containers[0] };
};
const variables = ({ env }: Container): Record<string, unknown> =>
  Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));

test("helm finds nothing to complain of, with and without values", async () => {
  expect(await runHelm(["lint", "--strict", CHART])).toMatchObject({ code: 0 });
  const values = JSON.stringify({ model: MODEL, s3: KEYS, autoscaling: { enabled: true } });
  expect(await runHelm(["lint", "--strict", CHART, "--values", "-"], values)).toMatchObject({ code: 0 });
});

test.each(["s3://models/default/iris/1", "models/default/iris/1", "s3://models/default/iris/1/"])(
  "the path %s is split into bucket and key",
  async (path) => {
    const { fetch } = await containers({ model: { ...MODEL, path } });
    expect(fetch.args).toEqual(["fetch"]);
    expect(variables(fetch)).toMatchObject({
      MODEL_BUCKET: "models",
      MODEL_KEY: "default/iris/1",
      S3_ENDPOINT: "minio:9000",
      S3_USE_SSL: "false",
      AWS_REGION: "us-east-1",
    });
  },
);

test("keys of the storage are in a Secret, and only what fetches is given them", async () => {
  const objects = await render(CHART, "iris", { model: MODEL, s3: KEYS, secretEnv: { TOKEN: "t0ken" } });
  expect(only(objects, "Secret")).toMatchObject({
    metadata: { name: "iris" },
    data: { accessKey: btoa("AKIA-1"), secretKey: btoa("s3cret"), "env.TOKEN": btoa("t0ken") },
  });
  const { fetch, server } = await containers({ s3: KEYS, secretEnv: { TOKEN: "t0ken" } });
  const from = (key: string) => ({ secretKeyRef: { name: "iris", key } });
  expect(variables(fetch)).toMatchObject({
    AWS_ACCESS_KEY_ID: from("accessKey"),
    AWS_SECRET_ACCESS_KEY: from("secretKey"),
  });
  expect(variables(server)).toMatchObject({ TOKEN: from("env.TOKEN") });
  expect(Object.keys(variables(server)).filter((name) => name.startsWith("AWS"))).toEqual([]);
  const open = JSON.stringify(objects.filter(({ kind }) => kind !== "Secret"));
  expect(open).not.toMatch(/s3cret|AKIA-1|t0ken/);
});

test("other keys start the pods anew, and another version of the chart alone does not", async () => {
  const checksum = async (values: object) =>
    (await deploymentOf(values)).template.metadata.annotations?.["checksum/secret"];
  expect(await checksum({ s3: KEYS })).not.toBe(await checksum({ s3: { ...KEYS, secretKey: "other" } }));
  expect((await deploymentOf({})).template.metadata.labels).not.toHaveProperty("helm.sh/chart");
});

test("a Secret that is there already is used, and none is made; without any, the account of the pod is what counts", async () => {
  const objects = await render(CHART, "iris", { model: MODEL, s3: { ...KEYS, existingSecret: "storage" } });
  expect(kindsOf(objects)).not.toContain("Secret");
  expect(JSON.stringify(objects)).toContain('{"name":"storage","key":"accessKey"}');
  const { fetch } = await containers({});
  expect(Object.keys(variables(fetch))).not.toContain("AWS_ACCESS_KEY_ID");
});

test("the way in is at /api/v1/predict/{id}, and the server knows it", async () => {
  const ingress = { id: "7", className: "public", host: "predict.example", annotations: { a: "b" } };
  const objects = await render(CHART, "iris", { model: MODEL, ingress });
  expect(only(objects, "Ingress")).toMatchObject({
    metadata: { annotations: { a: "b" } },
    spec: {
      ingressClassName: "public",
      rules: [
        {
          host: "predict.example",
          http: {
            paths: [
              {
                path: "/api/v1/predict/7",
                pathType: "Prefix",
                backend: { service: { name: "iris", port: { name: "http" } } },
              },
            ],
          },
        },
      ],
    },
  });
  expect(variables((await containers({ ingress })).server)).toMatchObject({ BASE_PATH: "/api/v1/predict/7" });
  const byName = only(await render(CHART, "iris", { model: MODEL }), "Ingress");
  expect(JSON.stringify(byName.spec)).toContain('"path":"/api/v1/predict/iris"');
});

test("without a way in there is no Ingress, and the server answers at its root alone", async () => {
  const objects = await render(CHART, "iris", { model: MODEL, ingress: { enabled: false } });
  expect(kindsOf(objects)).not.toContain("Ingress");
  expect(variables((await containers({ ingress: { enabled: false } })).server)).not.toHaveProperty("BASE_PATH");
});

test("a single instance has no disruption budget; several have one, also when their number is another's to say", async () => {
  const kinds = async (values: object) => kindsOf(await render(CHART, "iris", { model: MODEL, ...values }));
  expect(await kinds({})).toEqual(["Deployment", "Ingress", "NetworkPolicy", "Service", "ServiceAccount"]);
  expect(await kinds({ replicaCount: 2 })).toContain("PodDisruptionBudget");
  expect(await kinds({ replicaCount: 2, podDisruptionBudget: { enabled: false } })).not.toContain(
    "PodDisruptionBudget",
  );
  expect(await kinds({ autoscaling: { enabled: true, minReplicas: 2 } })).toContain("PodDisruptionBudget");
  expect(await kinds({ replicaCount: 5, autoscaling: { enabled: true } })).not.toContain("PodDisruptionBudget");
});

test("instances that are scaled by their use have no number in the Deployment", async () => {
  expect((await deploymentOf({ replicaCount: 3 })).spec.replicas).toBe(3);
  const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 9, targetMemoryUtilizationPercentage: 70 };
  expect((await deploymentOf({ autoscaling })).spec).not.toHaveProperty("replicas");
  const scaler = only(await render(CHART, "iris", { model: MODEL, autoscaling }), "HorizontalPodAutoscaler");
  const metric = (name: string, averageUtilization: number) => ({
    type: "Resource",
    resource: { name, target: { type: "Utilization", averageUtilization } },
  });
  expect(scaler.spec).toEqual({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "iris" },
    minReplicas: 2,
    maxReplicas: 9,
    metrics: [metric("cpu", 80), metric("memory", 70)],
  });
});

test("instances are asked at the paths of the protocol, and have as long to start as they may take at all", async () => {
  const { server } = await containers({ progressDeadlineSeconds: 121, probes: { failureThreshold: 2 } });
  const at = (path: string) => ({ httpGet: { path, port: "http" }, periodSeconds: 5, timeoutSeconds: 2 });
  expect(server.readinessProbe).toEqual({ ...at("/v2/health/ready"), failureThreshold: 2 });
  expect(server.livenessProbe).toEqual({ ...at("/v2/health/live"), failureThreshold: 6 });
  expect(server.startupProbe).toEqual({ ...at("/v2/health/ready"), periodSeconds: 2, failureThreshold: 61 });
});

test("graphics processors are what serving is given, and fetching is not", async () => {
  const { fetch, server } = await containers({ gpus: 2, resources: { limits: { cpu: "2" } } });
  expect(server.resources).toMatchObject({ limits: { "nvidia.com/gpu": 2, cpu: "2" } });
  expect(JSON.stringify(fetch.resources)).not.toContain("nvidia");
});

test("nothing in a pod is root, writes to its image, or speaks to the cluster", async () => {
  const { template } = await deploymentOf({});
  expect(template.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
  });
  for (const container of Object.values(await containers({}))) {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  }
});

test("labels of whoever installs are on every object and pod, and never what pods are found by", async () => {
  const commonLabels = { "sluice.dev/deployment": "dep_1", "app.kubernetes.io/instance": "not this one" };
  const values = { model: MODEL, replicaCount: 2, fullnameOverride: "iris-x7k2m-r3", commonLabels };
  const labels = { ...commonLabels, "app.kubernetes.io/instance": "not-this-one" };
  const objects = await render(CHART, "iris-r3", { ...values, commonLabels: labels });
  for (const { metadata } of objects) {
    expect(metadata.name).toBe("iris-x7k2m-r3");
    expect(metadata.labels).toMatchObject({
      "sluice.dev/deployment": "dep_1",
      "app.kubernetes.io/instance": "iris-r3",
      "app.kubernetes.io/version": "1",
    });
  }
  expect(only(objects, "Service").spec).toMatchObject({
    selector: { "app.kubernetes.io/instance": "iris-r3", "app.kubernetes.io/component": "model-server" },
  });
  await expect(render(CHART, "iris", values)).rejects.toThrow("commonLabels");
});

test("an image is named by its tag, or by its digest where there is one", async () => {
  const digest = `sha256:${"ab".repeat(32)}`;
  const image = async (values: object) => (await containers({ image: values })).server.image;
  expect(await image({})).toBe("sluice/model-server:0.1.0");
  expect(await image({ repository: "mine/server", tag: "2" })).toBe("mine/server:2");
  expect(await image({ tag: "2", digest })).toBe(`sluice/model-server@${digest}`);
});

test.each<[string, object]>([
  ["/model/path", { model: { ...MODEL, path: "/etc/passwd" } }],
  ["/model/path", { model: { ...MODEL, path: "models" } }],
  ["/model/files/0/sha256", { model: { ...MODEL, files: [{ name: "a.onnx", path: "a.onnx", sha256: "short" }] } }],
  ["/model/version", { model: { ...MODEL, version: 1 } }],
  ["/replicaCount", { replicaCount: -1 }],
  ["/replicaCount", { replicaCount: "many" }],
  ["/replicaCount", { replicaCount: 1.5 }],
  ["/s3/secretKey", { s3: { accessKey: "AKIA-1" } }],
  ["/s3/endpoint", { s3: { endpoint: "not an address" } }],
  ["/ingress/basePath", { ingress: { basePath: "predict" } }],
  ["/ingress/host", { ingress: { host: "Über" } }],
  ["/image/pullPolicy", { image: { pullPolicy: "sometimes" } }],
  ["/gpus", { gpus: 0.5 }],
  ["not-a-name!", { env: { "not-a-name!": "x" } }],
  ["replicas", { replicas: 3 }],
  ["colour", { ingress: { colour: "red" } }],
])("values that are wrong are refused by the name of the field: %s", async (field, values) => {
  const wrong = render(CHART, "iris", { model: MODEL, ...values });
  await expect(wrong).rejects.toThrow("values don't meet the specifications of the schema");
  await expect(wrong).rejects.toThrow(field);
});

test("a release without a path is told what is missing", async () => {
  await expect(render(CHART, "iris", {})).rejects.toThrow("model.path is missing: where the files of the model are");
});
