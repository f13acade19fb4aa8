import type { Manifest } from "@sluice/runtimes/kubernetes";
import { stringify } from "yaml";
import { deliveryDefinitions } from "../delivery/delivery.crds.ts";
import { pipelineDefinition } from "../pipeline/pipeline.crd.ts";

/** Everything that the operator looks after. */
export const CRDS: readonly Manifest[] = [pipelineDefinition, ...deliveryDefinitions];

/** As files have it. */
export const crdYaml = (definition: Manifest): string =>
  stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0 });

/** All of them, as `kubectl apply -f -` reads them. */
export const allCrds = (): string => CRDS.map(crdYaml).join("---\n");
