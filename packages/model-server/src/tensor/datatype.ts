/** Data types of the Open Inference Protocol that go over JSON, with what holds them. */
export const DATATYPES = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

export type Datatype = (typeof DATATYPES)[number];

export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float16Array
  | Float32Array
  | Float64Array
  | string[];

/** A tensor in row-major order: as many values as the product of its shape. */
export interface Tensor {
  datatype: Datatype;
  shape: number[];
  data: TensorData;
}

/** Bounds of whole numbers, both included. */
const INTEGERS = {
  UINT8: [0n, 255n],
  UINT16: [0n, 65_535n],
  UINT32: [0n, 4_294_967_295n],
  UINT64: [0n, 18_446_744_073_709_551_615n],
  INT8: [-128n, 127n],
  INT16: [-32_768n, 32_767n],
  INT32: [-2_147_483_648n, 2_147_483_647n],
  INT64: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const satisfies Partial<Record<Datatype, readonly [bigint, bigint]>>;

type IntegerType = keyof typeof INTEGERS;

const isInteger = (datatype: Datatype): datatype is IntegerType => datatype in INTEGERS;

/** What one value of the type may be, in words. */
export function allowedOf(datatype: Datatype): string {
  if (datatype === "BOOL") return "true or false";
  if (datatype === "BYTES") return "a text";
  if (!isInteger(datatype)) return "a number";
  const [least, most] = INTEGERS[datatype];
  const wide = datatype === "INT64" || datatype === "UINT64";
  return `a whole number from ${least} to ${most}${wide ? ", as text where it is beyond 2^53" : ""}`;
}

/** Whether the JSON value is one of the type. */
export function isOf(datatype: Datatype, value: unknown): boolean {
  if (datatype === "BOOL") return typeof value === "boolean";
  if (datatype === "BYTES") return typeof value === "string";
  if (!isInteger(datatype)) return typeof value === "number";
  const whole = wholeOf(value);
  const [least, most] = INTEGERS[datatype];
  return whole !== null && whole >= least && whole <= most;
}

/** Whole numbers are exact as text, and as numbers as far as JSON's are. */
function wholeOf(value: unknown): bigint | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : null;
}

/** Values that `isOf` accepts, in the array of their type. */
export function dataOf(datatype: Datatype, values: readonly unknown[]): TensorData {
  switch (datatype) {
    case "BOOL":
      return Uint8Array.from(values, Number);
    case "BYTES":
      return values.map(String);
    case "UINT64":
      return BigUint64Array.from(values, bigOf);
    case "INT64":
      return BigInt64Array.from(values, bigOf);
    case "UINT8":
      return Uint8Array.from(values, Number);
    case "UINT16":
      return Uint16Array.from(values, Number);
    case "UINT32":
      return Uint32Array.from(values, Number);
    case "INT8":
      return Int8Array.from(values, Number);
    case "INT16":
      return Int16Array.from(values, Number);
    case "INT32":
      return Int32Array.from(values, Number);
    case "FP16":
      return Float16Array.from(values, Number);
    case "FP32":
      return Float32Array.from(values, Number);
    case "FP64":
      return Float64Array.from(values, Number);
  }
}

const bigOf = (value: unknown): bigint => wholeOf(value) ?? 0n;
