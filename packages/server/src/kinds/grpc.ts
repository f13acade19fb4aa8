import type { ArtifactKind } from "@sluice/core";
import type { GrpcRoutes } from "../grpc/grpc.types.ts";
import { delosSurface } from "./prompt/delos/delos.surface.ts";

/** The gRPC services that single kinds speak beside the native interface, each as its own document prints it. */
export const GRPC_SURFACES: Readonly<Record<ArtifactKind, readonly GrpcRoutes[]>> = {
  application: [],
  agent: [],
  model: [],
  pipeline: [],
  prompt: [delosSurface],
};
