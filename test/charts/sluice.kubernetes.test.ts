import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { readConfig } from "../../packages/server/src/config.ts";
import { statement, withDatabase } from "../../packages/server/src/testing/global-setup.ts";
import { pushImage } from "../kubernetes/pod-runner/images.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";

const CHART = fileURLToPath(new URL("../../charts/sluice", import.meta.url));
const SLUICE = fileURLToPath(new URL("../../packages/cli/bin/sluice.mjs", import.meta.url));
const URL_VALUE = ["--set", "database.url=postgres://sluice:secret@database/sluice"];
const WEB = fileURLToPath(new URL("../../packages/runtimes/src/suite/fixtures/web.mjs", import.meta.url));
const cluster = sharedCluster();

interface Rendered {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: { template?: { spec: { containers: { name: string; env?: { name: string; value?: string }[] }[] } } };
}

const rendered = async (args: string[]): Promise<Rendered[]> =>
  parseAllDocuments(await cluster.helm(["template", "it", CHART, ...URL_VALUE, ...args]))
    .map((document): Rendered | null => document.toJS())
    .filter((object) => object !== null);

test("has nothing that helm's linter would say, and refuses values that it does not know", async () => {
  expect(await cluster.helm(["lint", "--strict", CHART, ...URL_VALUE])).toContain("0 chart(s) failed");
  await expect(cluster.helm(["template", "it", CHART])).rejects.toThrow(/database.url is missing/);
  await expect(rendered(["--set", "server.replica=3"])).rejects.toThrow(/additional properties 'replica' not allowed/);
  await expect(rendered(["--set", "secrets.secretKey=short"])).rejects.toThrow(/secretKey/);
});

test("gives the server only variables that it knows", async () => {
  const objects = await rendered(["--set", "gateway.tlsSecret=tls"]);
  const server = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "it-server");
  const variables = server?.spec?.template?.spec.containers[0]?.env ?? [];
  // What is in Secrets, and what the cluster fills in, has the form that it will have.
  const known: Record<string, string> = {
    DATABASE_URL: "postgres://sluice:secret@database/sluice",
    SLUICE_SECRET_KEY: "A".repeat(43).concat("="),
    SLUICE_ADMIN_TOKEN: "a-token-of-the-administrator",
    SLUICE_GATEWAY_TOKEN: "a-token-of-the-gateways",
  };
  const environment = Object.fromEntries(
    variables.map(({ name, value }) => [name, value?.replace("$(POD_IP)", "10.0.0.1") ?? known[name]]),
  );
  expect(readConfig(environment)).toMatchObject({
    auth: true,
    advertiseUrl: "http://10.0.0.1:8303",
    gateways: { addresses: [{ url: "https://it-gateway-admin:30081", resolves: true }] },
  });
});

test.each([
  ["as it comes", []],
  ["in two namespaces alone", ["--set", "rbac.namespaces={default,kube-public}"]],
  ["without gateways and operator", ["--set", "gateway.enabled=false,operator.enabled=false"]],
  [
    "exposed by an Ingress and the Gateway API, with TLS inside",
    [
      ...["--set", "ingress.enabled=true,ingress.apiHost=api.example.com,ingress.gatewayHost=example.com"],
      ...[
        "--set",
        "httpRoute.enabled=true,httpRoute.apiHostnames={api.example.com},httpRoute.parentRefs[0].name=public",
      ],
      ...["--set", "gateway.tlsSecret=tls,networkPolicy.from[0].podSelector.matchLabels.app=shop"],
    ],
  ],
])("is what a real API server takes, %s", async (_name, args) => {
  const yaml = await cluster.helm(["template", "it", CHART, ...URL_VALUE, ...args]);
  const answer = await cluster.kubectl(["apply", "--dry-run=server", "-f", "-"], yaml);
  expect(
    answer
      .trim()
      .split("\n")
      .every((line) => line.endsWith("created (server dry run)")),
  ).toBe(true);
});

/** A database of the test's own, as pods reach it. */
async function databaseForPods(name: string): Promise<string> {
  const own = new URL(inject("databaseUrl"));
  await statement(own.href, `create database ${name}`);
  const server: Server = createServer((client) => {
    const upstream = connect(Number(own.port), own.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  }).listen(0, cluster.hostAddress);
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await statement(own.href, `drop database ${name} with (force)`);
  });
  const url = new URL(withDatabase(own.href, name));
  url.hostname = cluster.hostAddress;
  url.port = String((server.address() as AddressInfo).port);
  return url.href;
}

interface Pod {
  metadata: { name: string; uid: string };
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
}

test("installs on a real API server; its parts find each other, and an upgrade amid a rollout loses nothing", {
  timeout: 1_500_000,
}, async () => {
  await using namespace = await temporaryNamespace(cluster);
  const kubectl = (...args: string[]) => cluster.kubectl(["--namespace", namespace.name, ...args]);
  const pods = async (component: string): Promise<Pod[]> => {
    const listed = await kubectl("get", "pods", "-o", "json", "-l", `app.kubernetes.io/component=${component}`);
    return (JSON.parse(listed) as { items: Pod[] }).items;
  };
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;

  const image = `sluice/${namespace.name}:v1`;
  await pushImage(cluster.api, image, { command: ["node", SLUICE], user: 10_001 });
  const values = [
    ...["--set", `image.repository=sluice/${namespace.name},image.tag=v1`],
    ...["--set-literal", `database.url=${await databaseForPods(namespace.name.replace("-", "_"))}`],
    // Two cores of a test machine are shared by all pods, and nobody waits for drained callers here.
    ...["--set", "gateway.lingerSeconds=1,operator.replicas=1"],
  ];
  const helm = (...args: string[]) => cluster.helm([...args, "--namespace", namespace.name]);
  await helm("install", "it", CHART, ...values, "--wait", "--timeout", "600s");
  onTestFinished(() => helm("uninstall", "it", "--ignore-not-found", "--wait").then(() => undefined));
  expect((await pods("server")).filter(isReady)).toHaveLength(2);
  expect((await pods("gateway")).filter(isReady)).toHaveLength(2);

  const token = Buffer.from(
    await kubectl("get", "secret", "it", "-o", "jsonpath={.data.admin-token}"),
    "base64",
  ).toString();
  const call = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const [pod] = (await pods("server")).filter(isReady);
    const answer = await fetch(`http://${pod?.status.podIP}:8303${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const alive = async () =>
    (await call<{ items: { alive: boolean }[] }>("GET", "/v1/servers")).items.filter((server) => server.alive).length;
  expect(await alive()).toBe(2);
  expect(await helm("test", "it")).toContain("Succeeded");

  const phase = async (id: string) => (await call<{ phase: string }>("GET", `/v1/rollouts/${id}`)).phase;

  // A program, in this very cluster, by what the chart allows; its callers come through either gateway.
  const program = `sluice.test/${namespace.name}:1`;
  await pushImage(cluster.api, program, { command: ["node", WEB], env: { HOST: "0.0.0.0" }, user: 10_001 });
  await call("PUT", "/v1/environments/cluster", {
    ...{ name: "cluster", tier: "custom" },
    targets: [{ type: "kubernetes", namespace: namespace.name }],
  });
  await call("POST", "/v1/artifacts", { name: "web", kind: "application" });
  await call("POST", "/v1/artifacts/web/versions", { version: "1.0.0", spec: { image: program } });
  const web = await call<{ rollout: { id: string } }>("POST", "/v1/deployments", {
    ...{ name: "web", artifact: "web", version: "1.0.0", environment: "cluster" },
    config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 1 } },
    route: { path: "/web" },
    strategy: { type: "immediate" },
  });
  await expect.poll(() => phase(web.rollout.id), { timeout: 240_000 }).toBe("completed");
  const gateways = await pods("gateway");
  const dealt = () =>
    Promise.all(gateways.map(async ({ status }) => (await fetch(`http://${status.podIP}:30080/web/say`)).status));
  await expect.poll(dealt).toEqual([200, 200]);

  // A prompt: what delivers it needs no cluster, so that all that moves is the servers.
  await call("POST", "/v1/artifacts", { name: "hello", kind: "prompt" });
  for (const [version, text] of [
    ["1.0.0", "Hello!"],
    ["1.1.0", "Hi!"],
  ]) {
    await call("POST", "/v1/artifacts/hello/versions", { version, spec: { text } });
  }
  const first = await call<{ rollout: { id: string } }>("POST", "/v1/deployments", {
    ...{ name: "hello", artifact: "hello", version: "1.0.0", environment: "development" },
    strategy: { type: "immediate" },
  });
  await expect.poll(() => phase(first.rollout.id)).toBe("completed");
  const steps = [{ setWeight: 20 }, { wait: { seconds: 5 } }, { setWeight: 60 }, { wait: { seconds: 5 } }];
  const { rollout } = await call<{ rollout: { id: string } }>(
    "PATCH",
    "/v1/deployments/hello?environment=development",
    {
      version: "1.1.0",
      strategy: { type: "canary", steps },
    },
  );
  await expect.poll(() => phase(rollout.id)).toBe("shifting");

  // Another release of Sluice: every server and every gateway is replaced, one after the other.
  const before = new Set((await pods("server")).map(({ metadata }) => metadata.uid));
  const upgraded = ["--set", "server.podAnnotations.release=next,gateway.podAnnotations.release=next"];
  await helm("upgrade", "it", CHART, "--reuse-values", ...upgraded, "--wait", "--timeout", "600s");
  await expect.poll(async () => (await pods("server")).some(({ metadata }) => before.has(metadata.uid))).toBe(false);
  await expect.poll(() => phase(rollout.id), { timeout: 240_000 }).toBe("completed");
  expect(await call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
  // Made once: the token still opens, and so does what was sealed.
  await expect.poll(alive).toBe(2);
});
