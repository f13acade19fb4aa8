import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { helmBinary } from "../../../../../../test/kubernetes/binaries.ts";
import { pushImage } from "../../../../../../test/kubernetes/pod-runner/images.ts";
import { sharedCluster } from "../../../../../../test/kubernetes/shared.ts";
import { startS3 } from "../../../storage/testing/s3.server.ts";
import { type ServerProcess, serverProcess } from "../../../testing/server.process.ts";

const ENTRY = fileURLToPath(import.meta.resolve("@sluice/model-server").replace("index.ts", "image/image.main.ts"));

export interface ModelsInCluster extends AsyncDisposable {
  server: ServerProcess;
  namespace: string;
  kubectl(...args: string[]): Promise<string>;
  /** Releases in the namespace, as helm lists them. */
  releases(): Promise<{ name: string; revision: string; status: string }[]>;
  ask(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** A server whose environment `production` is a namespace of the test cluster, and a storage that pods reach. */
export async function modelsInCluster(settings: Record<string, string> = {}): Promise<ModelsInCluster> {
  const cluster = sharedCluster();
  await using starting = new AsyncDisposableStack();
  const namespace = `models-${randomBytes(5).toString("hex")}`;
  const image = `sluice.test/model-server:${namespace}`;
  await pushImage(cluster.api, image, { command: ["node", ENTRY], env: { HOST: "0.0.0.0", HOME: "/tmp" } });
  starting.defer(
    async () => void (await cluster.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"])),
  );
  const folder = await mkdtemp(join(tmpdir(), "sluice-models-in-cluster-"));
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const storage = await startS3(cluster.hostAddress);
  starting.defer(() => storage.close());
  const { endpoint, accessKey, secretKey, bucket } = storage.config;
  const server = await serverProcess(join(folder, "data"), {
    ...{ SLUICE_KUBECONFIG: cluster.kubeconfig, SLUICE_KUBERNETES_NAMESPACES: namespace },
    ...{ SLUICE_S3_ENDPOINT: endpoint ?? "", SLUICE_S3_ACCESS_KEY: accessKey, SLUICE_S3_SECRET_KEY: secretKey },
    ...{ SLUICE_S3_BUCKET: bucket, SLUICE_MODEL_IMAGE: image, SLUICE_HELM: await helmBinary() },
    ...settings,
  });
  starting.defer(async () => {
    await server.kill();
    await server.down();
  });
  await server.start();
  const target = { type: "kubernetes", namespace, traffic: { type: "sluice" } };
  const ask: ModelsInCluster["ask"] = async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const { body: known } = await ask("GET", "/v1/environments/production");
  const placed = await ask("PUT", "/v1/environments/production", {
    ...{ name: "production", targets: [target], protection: { fourEyes: false } },
  });
  if (placed.status >= 300) throw new Error(`${JSON.stringify(placed.body)} for ${JSON.stringify(known)}`);
  const running = starting.move();
  return {
    ...{ server, namespace, ask },
    kubectl: (...args) => cluster.kubectl(["-n", namespace, ...args]),
    releases: async () => JSON.parse(await cluster.helm(["list", "-n", namespace, "-o", "json"])),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
