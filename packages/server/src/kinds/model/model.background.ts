import type { Background, BackgroundDeps } from "../background.ts";
import { startBatches } from "./batch/batch.runner.ts";

/** Goes on with what a server that died was at: deployments whose first rollout has not ended, and jobs over files. */
export function startModels({ db, live, clock, services: { models }, logger }: BackgroundDeps): Background {
  const { settling, storage, config } = models;
  settling.resume().catch((err: unknown) => logger.warn({ err }, "deployments of models are not followed"));
  const urlOf = (deployment: number): string => `${live.gatewayUrl}${config.ingressBasePath}/${deployment}`;
  const batches = startBatches({ db, storage, urlOf, clock, logger });
  return {
    close: async () => {
      settling.close();
      await batches.close();
    },
  };
}
