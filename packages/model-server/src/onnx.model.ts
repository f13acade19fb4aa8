import { SluiceError } from "@sluice/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Model, Port } from "./model.ts";
import type { Datatype, Tensor, TensorData } from "./tensor/datatype.ts";

const DATATYPE_OF: Partial<Record<OrtTensor.Type, Datatype>> = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};

/** Loads a model for the processor. Throws `failed_precondition` for a file that ONNX Runtime cannot read. */
export async function loadOnnx(file: string, threads: number): Promise<Model> {
  const session = await InferenceSession.create(file, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    ...(threads > 0 && { intraOpNumThreads: threads }),
  }).catch((cause: unknown) => {
    throw new SluiceError("failed_precondition", `ONNX Runtime cannot load the model: ${firstLine(cause)}`, { cause });
  });
  const inputs = session.inputMetadata.map(portOf);
  const unfit = session.inputMetadata.filter((_, index) => inputs[index] === null).map(({ name }) => name);
  if (unfit.length > 0) {
    throw new SluiceError("failed_precondition", `the model has inputs that no JSON holds: ${unfit.join(", ")}`);
  }
  // Sequences and maps, as some converters put beside the tensors of a classifier, have no place in the protocol.
  const outputs = session.outputMetadata.map(portOf).filter((port) => port !== null);
  if (outputs.length === 0) throw new SluiceError("failed_precondition", "the model has no output that is a tensor");
  return {
    platform: "onnxruntime_onnx",
    inputs: inputs.filter((port) => port !== null),
    outputs,
    async infer(given, wanted) {
      const feeds = Object.fromEntries([...given].map(([name, tensor]) => [name, toOrt(tensor)]));
      const answers = await session.run(feeds, [...wanted]).catch((cause: unknown) => {
        throw new SluiceError("invalid_argument", `the model refused its inputs: ${firstLine(cause)}`, { cause });
      });
      return new Map(wanted.map((name) => [name, fromOrt(name, answers[name])]));
    },
    release: () => session.release(),
  };
}

function portOf(metadata: InferenceSession.ValueMetadata): Port | null {
  if (!metadata.isTensor) return null;
  const datatype = DATATYPE_OF[metadata.type];
  if (datatype === undefined) return null;
  const shape = metadata.shape.map((length) => (typeof length === "number" && length >= 0 ? length : -1));
  return { name: metadata.name, datatype, shape };
}

function toOrt({ data, datatype, shape }: Tensor): OrtTensor {
  if (Array.isArray(data)) return new OrtTensor("string", data, shape);
  if (data instanceof Float16Array) return halves(data, shape);
  if (datatype === "BOOL" && data instanceof Uint8Array) return new OrtTensor("bool", data, shape);
  return new OrtTensor(data, shape);
}

/** The binding reads half precision as the bits of whole numbers, and sees nothing in an array of the language's own type. */
function halves(data: Float16Array, shape: number[]): OrtTensor {
  const bits = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return Object.defineProperty(new OrtTensor("float16", bits, shape), "data", { value: bits });
}

function fromOrt(name: string, value: OrtTensor | undefined): Tensor {
  const datatype = value === undefined ? undefined : DATATYPE_OF[value.type];
  if (value === undefined || datatype === undefined)
    throw new SluiceError("internal", `the model gave no tensor ${name}`);
  return { datatype, shape: [...value.dims], data: value.data as TensorData };
}

const firstLine = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0] ?? "";
