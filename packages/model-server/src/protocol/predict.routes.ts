import { invalidField, parseField } from "@sluice/core";
import type { FastifyInstance } from "fastify";
import type { Model, Port } from "../model.ts";
import type { Tensor } from "../tensor/datatype.ts";
import { readTensor, rowsOf, shapeOf, sizeOf } from "../tensor/tensor.json.ts";
import { checkInput, inputNamed, requireInputs } from "./inputs.ts";
import type { Served } from "./v2.routes.ts";
import { predictBody } from "./v2.schema.ts";

/**
 * The short way to predictions: `{"instances": [...]}` has an entry for each prediction and is answered with as many
 * `predictions`; `{"inputs": ...}` has whole tensors and is answered with whole `outputs`. Types come from the model.
 */
export function predictRoutes(app: FastifyInstance, { model, name, version, slots }: Served): void {
  app.get("/predict", async () => ({
    model: name,
    version,
    inputs: model.inputs,
    outputs: model.outputs,
    usage:
      "POST a JSON object with `instances`, a list with one entry for each prediction, or with `inputs`, whole tensors",
  }));

  app.post("/predict", async ({ body }) => {
    const { instances, inputs } = parseField(predictBody, body);
    const tensors = instances === undefined ? wholeTensors(model, inputs) : stacked(model, instances);
    const wanted = model.outputs.map((port) => port.name);
    const answers = await slots.run(() => model.infer(tensors, wanted));
    if (instances === undefined)
      return { outputs: aloneOrNamed([...answers].map(([key, tensor]) => [key, rowsOf(tensor)])) };
    const columns = [...answers].map(([key, tensor]) => [key, rowsOf(tensor)] as const);
    return {
      predictions: instances.map((_, row) => aloneOrNamed(columns.map(([key, rows]) => [key, rows[row] ?? null]))),
    };
  });
}

/** One output is the value itself, several are an object by their names. */
const aloneOrNamed = (outputs: readonly (readonly [string, unknown])[]): unknown => {
  const [first] = outputs;
  return outputs.length === 1 ? first?.[1] : Object.fromEntries(outputs);
};

function wholeTensors(model: Model, inputs: unknown): Map<string, Tensor> {
  const named = byName(model, inputs, "inputs");
  requireInputs(model, named, "inputs");
  return new Map(
    [...named].map(([name, value]) => {
      const field = `inputs.${name}`;
      const port = inputNamed(model, name, field);
      const tensor = readTensor(port.datatype, shapeOf(value), value, field);
      checkInput(port, tensor, field);
      return [name, tensor];
    }),
  );
}

/** The instances one upon another: each has what the input has behind its first dimension. */
function stacked(model: Model, instances: readonly unknown[]): Map<string, Tensor> {
  const rows = instances.map((instance, index) => {
    const named = byName(model, instance, `instances[${index}]`);
    requireInputs(model, named, `instances[${index}]`);
    for (const name of named.keys()) inputNamed(model, name, `instances[${index}].${name}`);
    return named;
  });
  return new Map(
    model.inputs.map((port) => {
      const values = rows.map((row) => row.get(port.name));
      const shape = [values.length, ...shapeOf(values[0])];
      const wrong = values.findIndex((value) => shapeOf(value).join() !== shape.slice(1).join());
      if (wrong !== -1)
        throw invalidField(`instances[${wrong}]`, values[wrong] ?? null, "of the same shape as the first instance");
      const tensor = readTensor(port.datatype, fitting(port, shape), values, "instances");
      checkInput(port, tensor, "instances");
      return [port.name, tensor];
    }),
  );
}

/** A single number is a row of one where the model has rows of one. */
function fitting({ shape }: Port, given: number[]): number[] {
  const inner = shape.slice(1);
  const isOne = given.length === 1 && inner.length > 0 && inner.every((length) => Math.abs(length) === 1);
  return isOne && sizeOf(given) > 0 ? [...given, ...inner.map(() => 1)] : given;
}

/** Values by input: an object names them; a model with one input takes the value by itself. */
function byName({ inputs }: Model, value: unknown, field: string): Map<string, unknown> {
  const [only, ...others] = inputs;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  if (only !== undefined && others.length === 0 && value !== undefined) return new Map([[only.name, value]]);
  throw invalidField(field, value, `an object with ${inputs.map(({ name }) => name).join(", ")}`);
}
