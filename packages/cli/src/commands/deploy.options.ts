import type { Option } from "commander";
import { option } from "../command.ts";

/** The environment that a deployment's name belongs to. */
export const environmentOption = (): Option =>
  option("-e, --environment <name>", "environment, when the deployment's name alone is ambiguous");

export const strategyOption = (): Option =>
  option(
    "--strategy <strategy>",
    "immediate, gradual, canary, blue-green, shadow or ab; with fields: canary:initialPercentage=5,bakeSeconds=60; or JSON",
  );
