import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelsInCluster, modelsInCluster } from "./testing/cluster.fixture.ts";
import { IRIS, IRIS_2, upload } from "./testing/models.fixture.ts";

/** The requests of the document, in its order, against a server whose models run in a cluster: by helm, as it says. */
let scene: ModelsInCluster;
beforeAll(async () => {
  scene = await modelsInCluster();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const ask: ModelsInCluster["ask"] = (...args) => scene.ask(...args);
const predict = async (url: string) => {
  const answer = await fetch(`${url}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]] }),
  });
  return { status: answer.status, body: (await answer.json()) as { predictions?: { label: number }[] } };
};
const names = async (kinds: string): Promise<string[]> =>
  (await scene.kubectl("get", kinds, "-o", "name")).split("\n").filter((line) => line !== "");

describe("the document's own walk", () => {
  let url = "";
  let service = "";

  test("a model is uploaded to S3", async () => {
    await ask("POST", "/api/v1/models", { name: "iris" });
    await ask("POST", "/api/v1/models/1/versions", {});
    const kept = await upload(scene.server.url, 1, [["file", { name: "model.onnx", content: IRIS }]]);
    expect(kept).toMatchObject({ status: 200, body: { status: "READY", s3_path: "s3://models/default/iris/1" } });
  });

  test("POST /api/v1/versions/1/deployments installs a release and answers when its pods serve", async () => {
    const { status, body } = await ask("POST", "/api/v1/versions/1/deployments", { replicas: 1 });
    expect(body).toMatchObject({ id: 1, version_id: 1, replicas: 1 });
    expect(status).toBe(201);
    url = String(body.url);
    service = String(body.k8s_service_name);
    expect(service).toMatch(/^model-1-\d{10}-\w{5}-r1$/);
    expect(await names("services")).toEqual([`service/${service}`]);
    expect(await scene.releases()).toMatchObject([{ name: service, revision: "1", status: "deployed" }]);
  });

  test("predictions are answered at /api/v1/predict/1", async () => {
    expect(new URL(url).pathname).toBe("/api/v1/predict/1");
    expect(await (await fetch(`${url}/predict`)).json()).toMatchObject({ model: "iris", version: "1" });
    expect(await predict(url)).toMatchObject({ status: 200, body: { predictions: [{ label: 0 }] } });
  });

  test("the keys of the storage are in a Secret, and in nothing else", async () => {
    const all = await scene.kubectl("get", "deployments,pods,services,configmaps,serviceaccounts", "-o", "yaml");
    expect(all).toContain("AWS_SECRET_ACCESS_KEY");
    expect(all).not.toContain("S3RVER");
    const key = await scene.kubectl("get", "secret", service, "-o", "jsonpath={.data.secretKey}");
    expect(atob(key)).toBe("S3RVER");
    expect(scene.server.output).not.toContain("S3RVER");
  });

  test("GET /api/v1/deployments/1 answers the URL and the status", async () => {
    const { body } = await ask("GET", "/api/v1/deployments/1");
    expect(body).toMatchObject({ url, k8s_service_name: service, status: "running", ready_replicas: 1 });
  });

  test("more instances are an upgrade that keeps the other values", async () => {
    const { deployment } = (await ask("GET", "/api/v1/deployments/1")).body;
    const [pod] = await names("pods");
    expect((await ask("POST", `/v1/deployments/${deployment}/scale`, { replicas: 2 })).status).toBeLessThan(300);
    await expect.poll(async () => (await ask("GET", "/api/v1/deployments/1")).body.ready_replicas).toBe(2);
    expect(await names("pods")).toContain(pod);
    expect(await scene.releases()).toMatchObject([{ revision: "2", status: "deployed" }]);
  });

  test("another version is a release of its own, and the first one goes", async () => {
    await ask("POST", "/api/v1/models/1/versions", {});
    await upload(scene.server.url, 2, [["file", { name: "model.onnx", content: IRIS_2 }]]);
    const { deployment } = (await ask("GET", "/api/v1/deployments/1")).body;
    const strategy = { type: "canary", steps: [{ setWeight: 50 }] };
    expect((await ask("PATCH", `/v1/deployments/${deployment}`, { version: "2", strategy })).status).toBe(202);
    const serving = async () => (await ask("GET", "/api/v1/deployments/1")).body.version_id;
    await expect.poll(serving, { timeout: 170_000 }).toBe(2);
    expect(await (await fetch(`${url}/predict`)).json()).toMatchObject({ version: "2" });
    expect((await ask("GET", "/api/v1/deployments/1")).body.k8s_service_name).toBe(service.replace(/1$/, "2"));
  });

  test("DELETE /api/v1/deployments/1 uninstalls the releases and deletes the record", async () => {
    const { status, body } = await ask("DELETE", "/api/v1/deployments/1");
    expect({ status, body }).toMatchObject({ status: 200, body: { id: 1, deleted: true } });
    expect((await ask("GET", "/api/v1/deployments/1")).status).toBe(404);
    await expect.poll(() => scene.releases()).toEqual([]);
    await expect.poll(() => names("deployments,services,secrets,pods")).toEqual([]);
  });
});

describe("a deployment that fails leaves no record and no release, and says why", () => {
  const fails = async (version: number) => {
    const { status, body } = await ask("POST", `/api/v1/versions/${version}/deployments`, { replicas: 1 });
    expect(status).toBe(409);
    expect(body.detail).toContain("nothing of it was kept");
    expect((await ask("GET", "/api/v1/deployments")).body.items).toEqual([]);
    await expect.poll(() => scene.releases()).toEqual([]);
    await expect.poll(() => names("deployments,services,secrets,pods")).toEqual([]);
    return String(body.detail);
  };

  test("when helm cannot install it", async () => {
    await scene.kubectl("create", "quota", "closed", "--hard=count/deployments.apps=0");
    const detail = await fails(1);
    expect(detail).toMatch(/release models-\w+\/model-\d+-\d+-\w+-r1: .*exceeded quota: closed/);
    await scene.kubectl("delete", "quota", "closed");
  });

  test("when the model cannot be loaded", async () => {
    await ask("POST", "/api/v1/models", { name: "broken" });
    const { id } = (await ask("POST", "/api/v1/models/2/versions", {})).body;
    await upload(scene.server.url, Number(id), [["file", { name: "model.onnx", content: "this is no model" }]]);
    expect(await fails(Number(id))).toContain("ONNX Runtime cannot load the model");
  });
});

test("a server that is killed while helm is at work goes on when it is back", async () => {
  const under = ask("POST", "/api/v1/versions/1/deployments", { replicas: 1 }).catch(() => null);
  await expect
    .poll(async () => (await scene.kubectl("get", "secrets", "-l", "owner=helm", "-o", "name")) !== "")
    .toBe(true);
  await scene.server.kill();
  await under;
  await scene.server.start();
  const [made] = (await ask("GET", "/api/v1/versions/1/deployments")).body.items as { id: number; url: string }[];
  await expect.poll(async () => (await ask("GET", `/api/v1/deployments/${made?.id}`)).body.status).toBe("running");
  expect((await predict(made?.url ?? "")).status).toBe(200);
});
