export { allCrds } from "./crd/crds.ts";
export { type RunOptions, runOperator } from "./run.ts";
