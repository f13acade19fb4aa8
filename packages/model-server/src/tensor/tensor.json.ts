import { invalidField } from "@sluice/core";
import { allowedOf, type Datatype, dataOf, isOf, type Tensor } from "./datatype.ts";

declare global {
  interface JSON {
    /** A number as it is to be written, digit by digit; in engines of today, and not in TypeScript's list yet. */
    rawJSON(text: string): unknown;
  }
}

/** Levels of nesting that a tensor may have. */
const DEEPEST = 16;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/**
 * A tensor from JSON: values in a flat list, or in lists within lists as its shape has them. Throws `invalid_argument` for
 * values that are not of the type, and for more or fewer than the shape asks for.
 */
export function readTensor(datatype: Datatype, shape: readonly number[], data: unknown, field: string): Tensor {
  const values: unknown[] = [];
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size)) throw invalidField(`${field}.shape`, shape, "a shape of a size that can be counted");
  flatten(data, values, size, field, 0);
  if (values.length !== size) {
    throw invalidField(
      `${field}.data`,
      `${values.length} values`,
      `${size} values, as the shape [${shape.join(", ")}] has`,
    );
  }
  const wrong = values.findIndex((value) => !isOf(datatype, value));
  if (wrong !== -1)
    throw invalidField(`${field}.data[${wrong}]`, values[wrong] ?? null, `${allowedOf(datatype)} (${datatype})`);
  return { datatype, shape: [...shape], data: dataOf(datatype, values) };
}

function flatten(data: unknown, into: unknown[], most: number, field: string, depth: number): void {
  if (!Array.isArray(data)) {
    if (depth === 0) throw invalidField(`${field}.data`, data, "a list");
    into.push(data);
    return;
  }
  if (depth > DEEPEST) throw invalidField(`${field}.data`, "more", `at most ${DEEPEST} lists within each other`);
  for (const item of data) {
    if (into.length > most) throw invalidField(`${field}.data`, `more than ${most} values`, `${most} values`);
    flatten(item, into, most, field, depth + 1);
  }
}

/** The shape of lists within lists, by the first of each level; no list has no shape. */
export function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length <= DEEPEST; inner = inner[0]) shape.push(inner.length);
  return shape;
}

/**
 * Values for JSON, in a flat list. Whole numbers beyond 2^53 stay exact: they are written digit by digit. What is no number
 * (NaN, infinities) is null, since JSON has no word for it.
 */
export function flatValues({ datatype, data }: Tensor): unknown[] {
  if (datatype === "BOOL") return Array.from(data, Boolean);
  return Array.from<string | number | bigint, unknown>(data, (value) =>
    typeof value === "bigint" ? exact(value) : value,
  );
}

const exact = (value: bigint): unknown => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(String(value));
};

/** The values as lists within lists, one for each entry of the first dimension. */
export function rowsOf(tensor: Tensor): unknown[] {
  return nested(flatValues(tensor), tensor.shape);
}

function nested(values: readonly unknown[], [length = values.length, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) return [...values];
  const size = sizeOf(inner);
  return Array.from({ length }, (_, index) => nested(values.slice(index * size, (index + 1) * size), inner));
}
