import type { Datatype, Tensor } from "./tensor/datatype.ts";

/** An input or output of a model. A dimension of -1 may have any length. */
export interface Port {
  name: string;
  datatype: Datatype;
  shape: number[];
}

/** A model that is loaded. Its ports never change. */
export interface Model {
  /** As the Open Inference Protocol names it: `<project>_<format>`. */
  platform: string;
  inputs: readonly Port[];
  outputs: readonly Port[];
  /**
   * Runs the model once. Inputs have been checked against the ports; what the model itself refuses is `invalid_argument`.
   *
   * @param outputs the names of those that are wanted
   */
  infer(inputs: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}
