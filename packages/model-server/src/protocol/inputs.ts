import { invalidField } from "@sluice/core";
import type { Model, Port } from "../model.ts";
import type { Tensor } from "../tensor/datatype.ts";

/** Throws `invalid_argument` unless the tensor fits what the model declares for the input. */
export function checkInput({ name, datatype, shape }: Port, tensor: Tensor, field: string): void {
  if (tensor.datatype !== datatype)
    throw invalidField(`${field}.datatype`, tensor.datatype, `${datatype}, as input ${name} has it`);
  // A model that declares no dimensions takes any.
  if (shape.length === 0) return;
  const fits =
    shape.length === tensor.shape.length && shape.every((length, at) => length === -1 || length === tensor.shape[at]);
  if (!fits) throw invalidField(`${field}.shape`, tensor.shape, `${shapeText(shape)}, as input ${name} has it`);
}

export const shapeText = (shape: readonly number[]): string =>
  `[${shape.map((length) => (length === -1 ? "any" : length)).join(", ")}]`;

/** Throws `invalid_argument` when an input of the model is not given. */
export function requireInputs({ inputs }: Model, given: ReadonlyMap<string, unknown>, field: string): void {
  const missing = inputs.find(({ name }) => !given.has(name));
  if (missing !== undefined) {
    throw invalidField(`${field}.${missing.name}`, undefined, `${missing.datatype} ${shapeText(missing.shape)}`);
  }
}

/** The input of that name. Throws `invalid_argument` naming those that exist. */
export function inputNamed({ inputs }: Model, name: string, field: string): Port {
  const found = inputs.find((port) => port.name === name);
  if (found === undefined) throw invalidField(field, name, `one of ${inputs.map((port) => port.name).join(", ")}`);
  return found;
}
