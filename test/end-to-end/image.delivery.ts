import { fileURLToPath } from "node:url";
import { ok } from "@sluice/client";
import { CONFIG, type Delivery, newDelivery } from "./delivery.ts";
import type { System } from "./system.ts";

const PROGRAM = fileURLToPath(new URL("programs/program.mjs", import.meta.url));

/** For pods of `program.mjs`: Kubernetes asks no oftener than once a second. */
export const POD_CONFIG = {
  ...CONFIG,
  healthCheck: { path: "/healthz", intervalSeconds: 1, timeoutSeconds: 5 },
  progressDeadlineSeconds: 120,
};

/** A delivery whose versions are images that run `program.mjs` in pods, with these variables. */
export async function newPodDelivery(system: System, name: string, environment: string): Promise<Delivery> {
  const delivery = await newDelivery(system, name, environment);
  return {
    ...delivery,
    async publish(version, env = {}) {
      const variables = { HOST: "0.0.0.0", VERSION: version, ...env };
      const spec = { image: "sluice.test/program:1", command: ["node", PROGRAM], env: variables };
      const params = { path: { name } };
      await ok(system.client.http.POST("/v1/artifacts/{name}/versions", { params, body: { version, spec } }));
    },
    create: (version, changes = {}) => delivery.create(version, { config: POD_CONFIG, ...changes }),
  };
}
