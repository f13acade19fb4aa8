import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { pushImage } from "./pod-runner/images.ts";
import { sharedCluster, temporaryNamespace } from "./shared.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const fixture = (name: string): string => join(PROJECT, "packages/runtimes/src/suite/fixtures", name);

const cluster = sharedCluster();

/** A Deployment of a program, with variables from a ConfigMap of its own. */
function deployment(name: string, program: string, container: object = {}, replicas = 2): string {
  const web = {
    name: "web",
    image: `${name}:1`,
    command: ["node", fixture(program)],
    env: [
      { name: "PORT", value: "8080" },
      { name: "SLUICE_INSTANCE", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "SLUICE_REVISION", valueFrom: { configMapKeyRef: { name: "settings", key: "revision" } } },
    ],
    readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...container,
  };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [web] } };
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template },
  });
}

interface Pods {
  items: {
    metadata: { name: string };
    spec: { nodeName: string };
    status: { podIP: string; containerStatuses?: { restartCount: number; state: object; lastState: object }[] };
  }[];
}

async function inNamespace() {
  const namespace = await temporaryNamespace(cluster);
  const kubectl = (args: string[], stdin?: string) => cluster.kubectl(["-n", namespace.name, ...args], stdin);
  const pods = async (): Promise<Pods["items"]> =>
    (JSON.parse(await kubectl(["get", "pods", "-o", "json"])) as Pods).items;
  return {
    kubectl,
    pods,
    apply: (yaml: string) => kubectl(["apply", "-f", "-"], yaml),
    [Symbol.asyncDispose]: namespace[Symbol.asyncDispose],
  };
}

test("a Deployment becomes ready, answers at its pods' addresses, and its log comes through the API server", async () => {
  await using space = await inNamespace();
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  await space.apply(deployment("web", "web.mjs"));
  await space.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const [first, second] = await space.pods();
  expect(new Set([first?.spec.nodeName, second?.spec.nodeName]).size).toBe(2);

  const answer = await fetch(`http://${first?.status.podIP}:8080/say`);
  expect(await answer.json()).toMatchObject({ SLUICE_INSTANCE: first?.metadata.name, SLUICE_REVISION: "7" });
  await expect
    .poll(() => space.kubectl(["logs", first?.metadata.name ?? ""]))
    .toBe("listening on 8080\nsaid something\n");

  await space.kubectl(["scale", "deployment/web", "--replicas=1"]);
  await expect.poll(async () => (await space.pods()).length).toBe(1);
});

test("a program that stops answering is no longer ready, and one that ignores SIGTERM is killed", async () => {
  await using space = await inNamespace();
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  const readinessProbe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
  await space.apply(deployment("web", "web.mjs", { readinessProbe }, 1));
  await space.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const [pod] = await space.pods();
  await fetch(`http://${pod?.status.podIP}:8080/break`);
  await space.kubectl(["wait", "--for=condition=Ready=false", `pod/${pod?.metadata.name}`, "--timeout=60s"]);

  const env = [
    { name: "PORT", value: "8080" },
    { name: "IGNORE_TERM", value: "1" },
  ];
  await space.apply(deployment("stubborn", "web.mjs", { env }, 1));
  await space.kubectl(["rollout", "status", "deployment/stubborn", "--timeout=60s"]);
  await space.kubectl(["delete", "pod", "-l", "app=stubborn", "--grace-period=1"]);
});

test("a program that fails is started again and again, and its last words are in the status", async () => {
  await using space = await inNamespace();
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  await space.apply(deployment("bad", "exits.mjs", {}, 1));
  await expect
    .poll(async () => (await space.pods())[0]?.status.containerStatuses?.[0])
    .toMatchObject({
      restartCount: 2,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: {
        terminated: { exitCode: 1, reason: "Error", message: expect.stringContaining("GREETING is missing") },
      },
    });
  await space.apply(deployment("gone", "web.mjs", { image: "example/missing:1" }, 1));
  const pull = "jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}";
  await expect.poll(() => space.kubectl(["get", "pods", "-l", "app=gone", "-o", pull])).toBe("ImagePullBackOff");
});

test("volumes are mounted, the root can be read only, users are as asked for, and an image brings its program", async () => {
  await using space = await inNamespace();
  const look = [
    "id -u; cat /etc/settings/greeting; ls /var/run/secrets/kubernetes.io/serviceaccount",
    `ls ${fixture("web.mjs")}`,
    "touch /data/file && echo written; touch /file || echo refused; echo done > /dev/termination-log; exit 3",
  ].join("; ");
  await pushImage(cluster.api, "look:1", { command: ["sh", "-c", look] });
  await space.kubectl(["create", "secret", "generic", "settings", "--from-literal=greeting=hello\n"]);
  const container = {
    name: "look",
    image: "look:1",
    securityContext: { readOnlyRootFilesystem: true, runAsUser: 1_000, runAsNonRoot: true },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/settings" },
      { name: "data", mountPath: "/data" },
      // As where the project lies in /tmp, and the program has a /tmp of its own.
      { name: "above", mountPath: dirname(PROJECT) },
    ],
  };
  const volumes = [
    { name: "settings", secret: { secretName: "settings" } },
    { name: "data", emptyDir: {} },
    { name: "above", emptyDir: {} },
  ];
  const spec = { restartPolicy: "Never", containers: [container], volumes };
  await space.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "look" }, spec }));
  await space.kubectl(["wait", "--for=jsonpath={.status.phase}=Failed", "pod/look", "--timeout=60s"]);
  const lines = (await space.kubectl(["logs", "look"])).split("\n");
  for (const line of ["1000", "hello", "token", "ca.crt", fixture("web.mjs"), "written", "refused"])
    expect(lines).toContain(line);
  expect((await space.pods())[0]?.status.containerStatuses?.[0]?.state).toMatchObject({
    terminated: { exitCode: 3, message: "done\n" },
  });
});

test("a program in a pod speaks to the API server as its service account", async () => {
  await using space = await inNamespace();
  const account = "/var/run/secrets/kubernetes.io/serviceaccount";
  const ask = [
    `const { readFileSync } = require("fs");`,
    `const options = { ca: readFileSync("${account}/ca.crt"), headers: { authorization: "Bearer " + readFileSync("${account}/token") } };`,
    `const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;`,
    `require("https").get({ ...options, host, port, path: "/api/v1/nodes" }, (answer) => answer.pipe(process.stdout));`,
  ].join("\n");
  const container = { name: "ask", image: "node:24", command: ["node", "-e", ask] };
  const spec = { restartPolicy: "Never", containers: [container] };
  await space.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "ask" }, spec }));
  await space.kubectl(["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/ask", "--timeout=60s"]);
  expect(await space.kubectl(["logs", "ask"])).toContain(':default\\" cannot list resource');
});

test("a pod that fits on no node says so in the scheduler's words", async () => {
  await using space = await inNamespace();
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  await space.apply(deployment("big", "web.mjs", { resources: { limits: { "nvidia.com/gpu": "1" } } }, 1));
  const message = `jsonpath={.items[0].status.conditions[?(@.type=="PodScheduled")].message}`;
  await expect
    .poll(() => space.kubectl(["get", "pods", "-o", message]))
    .toBe("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.");
});

test("a Service is reached at its address, and by its name in its namespace", async () => {
  await using space = await inNamespace();
  const ask = [
    `const turn = () => fetch("http://web:81/").then((answer) => answer.text()).then(console.log).catch(() => setTimeout(turn, 100));`,
    "turn();",
  ].join("\n");
  const spec = {
    restartPolicy: "Never",
    containers: [{ name: "ask", image: "node:24", command: ["node", "-e", ask] }],
  };
  await space.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "ask" }, spec }));
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  await space.apply(deployment("web", "web.mjs"));
  await space.kubectl(["expose", "deployment/web", "--port=81", "--target-port=8080"]);
  await space.kubectl(["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/ask", "--timeout=60s"]);
  expect(await space.kubectl(["logs", "ask"])).toContain('"SLUICE_REVISION":"7"');

  const address = await space.kubectl(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
  await space.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const seen = new Set<string>();
  const look = async (): Promise<number> => {
    const answer = await fetch(`http://${address}:81/`, { headers: { connection: "close" } });
    seen.add(((await answer.json()) as { SLUICE_INSTANCE: string }).SLUICE_INSTANCE);
    return seen.size;
  };
  await expect.poll(look).toBe(2);
});

test("what programs use is measured: it shows, it scales, and too much memory ends a program", async () => {
  await using space = await inNamespace();
  await space.kubectl(["create", "configmap", "settings", "--from-literal=revision=7"]);
  const resources = { requests: { cpu: "10m" }, limits: { memory: "128Mi" } };
  await space.apply(deployment("web", "web.mjs", { resources }, 1));
  await space.kubectl(["autoscale", "deployment/web", "--min=1", "--max=2", "--cpu=50%"]);
  await space.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const [pod] = await space.pods();
  await expect.poll(() => space.kubectl(["top", "pod", "--no-headers"]).catch(() => "")).toContain(pod?.metadata.name);

  await fetch(`http://${pod?.status.podIP}:8080/burn`);
  await expect.poll(async () => (await space.pods()).length).toBe(2);
  // It may be ended before it has answered.
  await fetch(`http://${pod?.status.podIP}:8080/allocate`).catch(() => undefined);
  await expect
    .poll(async () => (await space.pods()).find(({ metadata }) => metadata.name === pod?.metadata.name))
    .toMatchObject({
      status: { containerStatuses: [{ lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }] },
    });
});
