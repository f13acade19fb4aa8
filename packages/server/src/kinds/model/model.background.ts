import type { Background, BackgroundDeps } from "../background.ts";
import { startBatches } from "./batch/batch.runner.ts";

/** Milliseconds between two looks for uploads that nobody goes on with. */
const SWEEP_EVERY = 3_600_000;

/** Goes on with what a server that died was at: deployments whose first rollout has not ended, and jobs over files. */
export function startModels({ db, live, clock, services: { models }, logger }: BackgroundDeps): Background {
  const { settling, storage, config, resumable } = models;
  settling.resume().catch((err: unknown) => logger.warn({ err }, "deployments of models are not followed"));
  const urlOf = (deployment: number): string => `${live.gatewayUrl}${config.ingressBasePath}/${deployment}`;
  const batches = startBatches({ db, storage, urlOf, clock, logger });
  const sweep = (): void =>
    void resumable.forgetAbandoned().catch((err: unknown) => logger.warn({ err }, "abandoned uploads stay"));
  sweep();
  const sweeping = setInterval(sweep, SWEEP_EVERY).unref();
  return {
    close: async () => {
      clearInterval(sweeping);
      settling.close();
      await batches.close();
    },
  };
}
