import type { Background, BackgroundDeps } from "../background.ts";

/** Goes on with what a server that died was following: deployments whose first rollout has not ended. */
export function startModels({ services: { models }, logger }: BackgroundDeps): Background {
  const { settling } = models;
  settling.resume().catch((err: unknown) => logger.warn({ err }, "deployments of models are not followed"));
  return { close: async () => settling.close() };
}
