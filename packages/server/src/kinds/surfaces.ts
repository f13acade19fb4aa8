import type { ArtifactKind } from "@sluice/core";
import type { Routes } from "../http/app.types.ts";
import { agentRoutes } from "./agent/agent.routes.ts";

/** The HTTP interfaces that single kinds speak beside the native one, each as its own document prints it. */
export const SURFACES: Readonly<Record<ArtifactKind, readonly Routes[]>> = {
  application: [],
  agent: [agentRoutes],
  model: [],
  pipeline: [],
  prompt: [],
};
