import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createModelServer } from "./model.server.ts";
import { loadOnnx } from "./onnx.model.ts";
import { DATATYPES } from "./tensor/datatype.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const SETTINGS = { name: "iris", version: "3", concurrency: 2, queue: 4, maxBody: 65_536, timeout: 30_000 };
const SETOSA = [5.1, 3.5, 1.4, 0.2];
const VIRGINICA = [6.3, 3.3, 6, 2.5];

async function serve(file: string): Promise<FastifyInstance> {
  const app = createModelServer(await loadOnnx(fixture(file), 1), SETTINGS);
  await app.ready();
  return app;
}

const ask = async (app: FastifyInstance, url: string, payload?: object) => {
  const answer = await app.inject({ method: payload === undefined ? "GET" : "POST", url, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
};

test("below a base path it answers as without one, and nowhere else", async () => {
  const app = createModelServer(await loadOnnx(fixture("iris.onnx"), 1), { ...SETTINGS, basePath: "/predict/1" });
  await app.ready();
  const statusOf = async (url: string): Promise<number> => (await ask(app, url)).status;
  expect((await ask(app, "/predict/1/v2/health/ready?x=1")).body).toEqual({ ready: true });
  expect((await ask(app, "/predict/1/predict", { instances: [SETOSA] })).status).toBe(200);
  expect(await statusOf("/v2/health/ready")).toBe(200);
  expect(await statusOf("/predict/1")).toBe(404);
  expect(await statusOf("/predict/12/v2/health/ready")).toBe(404);
  await app.close();
});

describe("a classifier", () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await serve("iris.onnx");
  });
  afterAll(() => app.close());

  test("says that it lives, that it is ready, and what it is", async () => {
    expect(await ask(app, "/v2/health/live")).toMatchObject({ status: 200, body: { live: true } });
    expect(await ask(app, "/v2/health/ready")).toMatchObject({ status: 200, body: { ready: true } });
    expect((await ask(app, "/v2")).body).toMatchObject({ name: "sluice-model-server", extensions: [] });
    expect((await ask(app, "/v2/models/iris/ready")).body).toEqual({ name: "iris", ready: true });
    expect((await ask(app, "/v2/models/iris")).body).toEqual({
      name: "iris",
      versions: ["3"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "measures", datatype: "FP32", shape: [-1, 4] }],
      outputs: [
        { name: "label", datatype: "INT64", shape: [-1] },
        { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
      ],
    });
  });

  test("answers an inference of the Open Inference Protocol, flat or nested", async () => {
    const flat = {
      id: "7",
      inputs: [{ name: "measures", shape: [2, 4], datatype: "FP32", data: [...SETOSA, ...VIRGINICA] }],
    };
    const { status, body } = await ask(app, "/v2/models/iris/versions/3/infer", flat);
    expect(status).toBe(200);
    expect(body).toMatchObject({ model_name: "iris", model_version: "3", id: "7" });
    expect(body.outputs[0]).toEqual({ name: "label", shape: [2], datatype: "INT64", data: [0, 2] });
    expect(body.outputs[1]).toMatchObject({ name: "probabilities", shape: [2, 3], datatype: "FP32" });
    expect(body.outputs[1].data).toHaveLength(6);
    const nested = { inputs: [{ name: "measures", shape: [2, 4], datatype: "FP32", data: [SETOSA, VIRGINICA] }] };
    const wanted = { ...nested, outputs: [{ name: "label" }] };
    expect((await ask(app, "/v2/models/iris/infer", wanted)).body.outputs).toEqual([body.outputs[0]]);
  });

  test("predicts instances one by one, or whole tensors", async () => {
    const { body } = await ask(app, "/predict", { instances: [SETOSA, VIRGINICA] });
    expect(body.predictions).toHaveLength(2);
    expect(body.predictions[0].label).toBe(0);
    expect(body.predictions[1].label).toBe(2);
    expect(body.predictions[0].probabilities[0]).toBeGreaterThan(0.9);
    const named = await ask(app, "/predict", { instances: [{ measures: SETOSA }] });
    expect(named.body.predictions).toEqual([body.predictions[0]]);
    const whole = await ask(app, "/predict", { inputs: [SETOSA, VIRGINICA] });
    expect(whole.body.outputs.label).toEqual([0, 2]);
    expect((await ask(app, "/predict", { inputs: { measures: [SETOSA] } })).body.outputs.label).toEqual([0]);
  });

  test("tells whoever only looks what to send", async () => {
    const { status, body } = await ask(app, "/predict");
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: "iris", version: "3", inputs: [{ name: "measures" }] });
    expect(body.usage).toContain("instances");
  });

  const tensor = { name: "measures", shape: [1, 4], datatype: "FP32", data: SETOSA };
  test.each([
    [{}, "inputs is missing"],
    [{ inputs: [] }, "at least 1"],
    [{ inputs: [{ ...tensor, name: "other" }] }, "allowed: one of measures"],
    [{ inputs: [{ ...tensor, datatype: "FP64" }] }, "FP32, as input measures has it"],
    [{ inputs: [{ ...tensor, datatype: "BF16" }] }, "one of BOOL"],
    [{ inputs: [{ ...tensor, shape: [4] }] }, "[any, 4], as input measures has it"],
    [{ inputs: [{ ...tensor, shape: [2, 4] }] }, "8 values, as the shape [2, 4] has"],
    [{ inputs: [{ ...tensor, shape: [-1, 4] }] }, "inputs[0].shape[0]"],
    [{ inputs: [{ ...tensor, shape: [2 ** 30, 2 ** 30] }] }, "a size that can be counted"],
    [{ inputs: [{ ...tensor, data: ["5", 3, 1, 0] }] }, "inputs[0].data[0]"],
    [{ inputs: [{ ...tensor, data: [null, 3, 1, 0] }] }, "a number (FP32)"],
    [{ inputs: [{ ...tensor, data: "AAAA" }] }, "a list"],
    [{ inputs: [tensor, tensor] }, "each input once"],
    [{ inputs: [tensor], outputs: [{ name: "odds" }] }, "one of label, probabilities"],
    [{ inputs: [tensor], extra: 1 }, "one of id, parameters, inputs, outputs"],
  ])("refuses the inference %j with a reason", async (payload, reason) => {
    const { status, body } = await ask(app, "/v2/models/iris/infer", payload);
    expect(status).toBe(400);
    expect(body.error).toContain(reason);
  });

  test.each([
    [{}, "exactly one of"],
    [{ instances: [] }, "at least 1"],
    [{ instances: [SETOSA], inputs: [SETOSA] }, "exactly one of"],
    [{ instances: "no" }, "a list"],
    [{ instances: [[1, 2, 3]] }, "[any, 4], as input measures has it"],
    [{ instances: [SETOSA, [1, 2]] }, "of the same shape as the first instance"],
    [{ instances: [["a", "b", "c", "d"]] }, "a number (FP32)"],
    [{ instances: [{ petals: SETOSA }] }, "instances[0].measures is missing"],
    [{ instances: [{ measures: SETOSA, petals: 1 }] }, "allowed: one of measures"],
    [{ inputs: { measures: 3 } }, "a list"],
    [{ inputs: null }, "a list"],
  ])("refuses the prediction %j with a reason", async (payload, reason) => {
    const { status, body } = await ask(app, "/predict", payload);
    expect(status).toBe(400);
    expect(body.error).toContain(reason);
  });

  test("refuses what is no JSON, too large, another model or another path, and goes on", async () => {
    const post = (payload: string, type = "application/json") =>
      app.inject({ method: "POST", url: "/predict", payload, headers: { "content-type": type } });
    expect((await post("{")).statusCode).toBe(400);
    expect((await post("x", "text/plain")).statusCode).toBe(415);
    expect((await post(JSON.stringify({ instances: Array(20_000).fill(SETOSA) }))).statusCode).toBe(413);
    expect((await ask(app, "/v2/models/tulip")).body.error).toContain("iris in version 3 is");
    expect((await ask(app, "/v2/models/iris/versions/4/infer", {})).status).toBe(404);
    expect((await ask(app, "/other")).body.error).toContain("/predict");
    expect((await ask(app, "/predict", { instances: [SETOSA] })).status).toBe(200);
  });

  test("serves many at once, in turns, and says no when too many wait", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(app, "/predict", { instances: [SETOSA] })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});

test("every data type comes back as it was sent", async () => {
  const app = await serve("echo.onnx");
  const data: Record<string, unknown[]> = {
    BOOL: [true, false],
    UINT8: [0, 255],
    UINT16: [0, 65_535],
    UINT32: [0, 4_294_967_295],
    UINT64: [1, "18446744073709551615"],
    INT8: [-128, 127],
    INT16: [-32_768, 32_767],
    INT32: [-2_147_483_648, 2_147_483_647],
    INT64: ["-9223372036854775808", 9_007_199_254_740_991],
    FP16: [0.5, -2],
    FP32: [0.25, -16_777_216],
    FP64: [0.1, -1.5],
    BYTES: ["", "schön"],
  };
  expect(Object.keys(data)).toEqual([...DATATYPES]);
  const inputs = DATATYPES.map((datatype) => ({ name: datatype, datatype, shape: [2], data: data[datatype] }));
  const { status, text } = await ask(app, "/v2/models/iris/infer", { inputs });
  await app.close();
  expect(status, text).toBe(200);
  // Whole numbers beyond 2^53 are numbers on the wire, digit by digit.
  for (const [datatype, values] of Object.entries(data)) {
    const digits = values.map((value) =>
      typeof value === "string" && datatype !== "BYTES" ? value : JSON.stringify(value),
    );
    expect(text).toContain(`"datatype":"${datatype}","data":[${digits.join(",")}]`);
  }
});

test.each([
  ["UINT8", 256],
  ["INT8", -129],
  ["INT64", "9223372036854775808"],
  ["INT64", 2 ** 53],
  ["INT32", 1.5],
  ["BOOL", 1],
  ["BYTES", 1],
])("a value that is no %s is refused: %j", async (datatype, value) => {
  const app = await serve("echo.onnx");
  const inputs = [{ name: datatype, datatype, shape: [1], data: [value] }];
  const { status, body } = await ask(app, "/v2/models/iris/infer", { inputs });
  await app.close();
  expect(status).toBe(400);
  expect(body.error).toContain(datatype);
});

test("what the model itself refuses is the caller's fault, and the next caller is served", async () => {
  const app = await serve("pick.onnx");
  const refused = await ask(app, "/predict", { instances: [7] });
  expect(refused.status).toBe(400);
  expect(refused.body.error).toContain("the model refused its inputs");
  expect((await ask(app, "/predict", { instances: [0, 2] })).body).toEqual({ predictions: [0.5, 2.5] });
  await app.close();
});

test("a file that is no model is refused with ONNX Runtime's reason", async () => {
  await expect(loadOnnx(fixture("make.py"), 1)).rejects.toThrow("ONNX Runtime cannot load the model");
});
