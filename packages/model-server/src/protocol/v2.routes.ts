import { invalidField, parseField, SluiceError } from "@sluice/core";
import type { FastifyInstance } from "fastify";
import type { Model } from "../model.ts";
import type { Slots } from "../slots.ts";
import type { Tensor } from "../tensor/datatype.ts";
import { flatValues, readTensor } from "../tensor/tensor.json.ts";
import { checkInput, inputNamed, requireInputs } from "./inputs.ts";
import { inferBody } from "./v2.schema.ts";

export interface Served {
  model: Model;
  name: string;
  version: string;
  slots: Slots;
}

interface Params {
  name: string;
  version?: string;
}

/** The Open Inference Protocol, version 2, as KServe, Triton and MLServer speak it over HTTP. */
export function v2Routes(app: FastifyInstance, served: Served): void {
  const { model, name, version, slots } = served;

  app.get("/v2", async () => ({ name: "sluice-model-server", version: "0.1.0", extensions: [] }));
  app.get("/v2/health/live", async () => ({ live: true }));
  app.get("/v2/health/ready", async () => ({ ready: true }));

  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    app.get<{ Params: Params }>(path, async ({ params }) => {
      requireServed(served, params);
      return { name, versions: [version], platform: model.platform, inputs: model.inputs, outputs: model.outputs };
    });
    app.get<{ Params: Params }>(`${path}/ready`, async ({ params }) => {
      requireServed(served, params);
      return { name, ready: true };
    });
    app.post<{ Params: Params }>(`${path}/infer`, async ({ params, body }) => {
      requireServed(served, params);
      const asked = parseField(inferBody, body);
      const inputs = new Map<string, Tensor>();
      for (const [index, { name: input, shape, datatype, data }] of asked.inputs.entries()) {
        const field = `inputs[${index}]`;
        const port = inputNamed(model, input, `${field}.name`);
        if (inputs.has(input)) throw invalidField(`${field}.name`, input, "each input once");
        const tensor = readTensor(datatype, shape, data, field);
        checkInput(port, tensor, field);
        inputs.set(input, tensor);
      }
      requireInputs(model, inputs, "inputs");
      const answers = await slots.run(() => model.infer(inputs, wantedOutputs(model, asked.outputs)));
      return {
        model_name: name,
        model_version: version,
        ...(asked.id !== undefined && { id: asked.id }),
        outputs: [...answers].map(([output, tensor]) => ({
          name: output,
          shape: tensor.shape,
          datatype: tensor.datatype,
          data: flatValues(tensor),
        })),
      };
    });
  }
}

/** All outputs, or those that are asked for, in their order. */
function wantedOutputs({ outputs }: Model, asked: { name: string }[] | undefined): string[] {
  const known = outputs.map((port) => port.name);
  if (asked === undefined || asked.length === 0) return known;
  const unknown = asked.findIndex((output) => !known.includes(output.name));
  if (unknown !== -1)
    throw invalidField(`outputs[${unknown}].name`, asked[unknown]?.name, `one of ${known.join(", ")}`);
  return [...new Set(asked.map((output) => output.name))];
}

function requireServed({ name, version }: Served, asked: Params): void {
  if (asked.name === name && (asked.version ?? version) === version) return;
  const what = asked.version === undefined ? asked.name : `${asked.name} in version ${asked.version}`;
  throw new SluiceError("not_found", `model ${what} is not served here; ${name} in version ${version} is`);
}
