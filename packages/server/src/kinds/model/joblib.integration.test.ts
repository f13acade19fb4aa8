import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { processConfig } from "../../config.ts";
import { serverProcess } from "../../testing/server.process.ts";
import { upload } from "./testing/models.fixture.ts";

const TRAIN = `
import joblib, sys
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
data = load_iris()
joblib.dump(DecisionTreeClassifier(random_state=0).fit(data.data, data.target), sys.argv[1])
`;

/** A model trained here, with the requirements that it was trained under; null, with the reason, where that cannot be. */
async function trained(folder: string): Promise<{ model: Buffer; requirements: string } | null> {
  const { programEnv: env } = processConfig();
  const run = (...command: string[]) =>
    spawnSync(command[0] ?? "", command.slice(1), { env, encoding: "utf8", timeout: 240_000 });
  const python = join(folder, "venv", "bin", "python");
  const steps = [
    ["python3", "-m", "venv", join(folder, "venv")],
    [python, "-m", "pip", "install", "--quiet", "--no-input", "scikit-learn"],
    [python, "-c", TRAIN, join(folder, "model.joblib")],
  ];
  for (const step of steps) {
    const { status, stderr, error } = run(...step);
    if (status === 0) continue;
    process.stdout.write(
      `left out: no model of scikit-learn can be trained here: ${error?.message ?? stderr.trim().split("\n").at(-1)}\n`,
    );
    return null;
  }
  const frozen = run(python, "-m", "pip", "freeze").stdout.split("\n");
  const requirements = frozen.filter((line) => /^(scikit-learn|numpy|joblib)==/.test(line)).join("\n");
  return { model: await readFile(join(folder, "model.joblib")), requirements: `${requirements}\n` };
}

test("a model of scikit-learn is trained, uploaded as the document says, deployed and asked", {
  timeout: 600_000,
}, async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-joblib-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const made = await trained(folder);
  if (made === null) return skip();
  const server = await serverProcess(join(folder, "data"));
  await server.start();
  onTestFinished(async () => {
    await server.kill();
    await server.down();
  });
  await server.call("POST", "/api/v1/models", { name: "iris" });
  await server.call("POST", "/api/v1/models/1/versions", {});
  const parts = Object.entries({ "model.joblib": made.model, "requirements.txt": made.requirements });
  const kept = await upload(
    server.url,
    1,
    parts.map(([name, content]) => ["file", { name, content }]),
  );
  expect(kept.body).toMatchObject({ status: "READY", runtime: "joblib" });
  const { url } = await server.call<{ url: string }>("POST", "/api/v1/versions/1/deployments", { replicas: 1 });
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    return { status: answer.status, body: await answer.json() };
  };
  expect(
    await post("/predict", {
      instances: [
        [5.1, 3.5, 1.4, 0.2],
        [6.3, 3.3, 6, 2.5],
      ],
    }),
  ).toEqual({ status: 200, body: { predictions: [0, 2] } });
  const infer = (tensor: object) => post("/v2/models/iris/infer", { id: "9", inputs: [tensor] });
  const good = { name: "input", datatype: "FP64", shape: [1, 4], data: [6.3, 3.3, 6, 2.5] };
  expect((await infer(good)).body).toMatchObject({
    id: "9",
    model_name: "iris",
    outputs: [{ name: "predict", data: [2] }, { shape: [1, 3] }],
  });
  for (const bad of [
    { ...good, shape: [2, 4] },
    { ...good, datatype: "FP9" },
    { ...good, data: ["x"] },
    { ...good, data: [1, 2], shape: [1, 2] },
  ]) {
    expect(await infer(bad)).toMatchObject({ status: 400, body: { error: expect.any(String) } });
  }
  for (const bad of [{}, { instances: [] }, { instances: [[1, 2]] }, { instances: [[1], [1, 2]] }, { instances: 3 }]) {
    expect(await post("/predict", bad)).toMatchObject({ status: 400 });
  }
  expect(await (await fetch(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
  expect(await (await fetch(`${url}/predict`)).json()).toMatchObject({ model: "iris", inputs: [{ shape: [-1, 4] }] });

  await server.call("POST", "/api/v1/models/1/versions", {});
  await upload(server.url, 2, [
    ["file", { name: "model.joblib", content: "no pickle" }],
    ["file", { name: "requirements.txt", content: made.requirements }],
  ]);
  await expect(server.call("POST", "/api/v1/versions/2/deployments", {})).rejects.toThrow(
    "joblib cannot load model.joblib",
  );
});
