import { parseField, type Rollout } from "@sluice/core";
import type { GrpcDeps, GrpcMethod, GrpcRoutes } from "../../../grpc/grpc.types.ts";
import { loadProto, serviceOf } from "../../../grpc/proto.ts";
import { approveDelivery, cancelDelivery, readDelivery, rollBackDelivery } from "./commands.ts";
import { createDelivery } from "./create.ts";
import { besides } from "./delivery.store.ts";
import { deploymentView } from "./deployment.view.ts";
import { createQualityGate, listQualityGates } from "./gates.ts";
import { healthOf } from "./health.ts";
import { listDeliveries } from "./list.ts";
import { idRequest } from "./request.schema.ts";
import { deliveryStatus } from "./status.answer.ts";
import { inTheirWords } from "./words.ts";

const NAME = "delos.deploy.v1.DeployService";

/** `delos.deploy.v1.DeployService`: what its document calls a deployment is a rollout of a prompt. */
export const delosSurface: GrpcRoutes = (deps) => {
  const definition = loadProto("delos/deploy/v1/deploy.proto");
  const methods = Object.fromEntries(Object.entries(methodsOf(deps)).map(([name, method]) => [name, speaking(method)]));
  return { definition, name: NAME, service: serviceOf(definition, NAME), methods };
};

/** What a method throws names fields as the proto file does. */
const speaking = ({ handle, ...method }: GrpcMethod): GrpcMethod => ({
  ...method,
  handle: (call, request) =>
    handle(call, request).catch((error: unknown) => {
      throw inTheirWords(error);
    }),
});

function methodsOf(deps: GrpcDeps): Record<string, GrpcMethod> {
  const shown = async (rollouts: readonly Rollout[]) => {
    const beside = await besides(deps.db, rollouts);
    return rollouts.map((rollout) => deploymentView(rollout, beside, deps.services.clock()));
  };
  /** A method that answers one deployment. */
  const ofOne = (find: (...call: Parameters<GrpcMethod["handle"]>) => Promise<Rollout>): GrpcMethod => ({
    handle: async (call, request) => {
      const [deployment] = await shown([await find(call, request)]);
      return { deployment };
    },
  });
  return {
    CreateDeployment: ofOne((call, request) => createDelivery(deps, call, request)),
    GetDeployment: ofOne((call, request) => readDelivery(deps, call, parseField(idRequest, request).id)),
    ApproveDeployment: ofOne((call, request) => approveDelivery(deps, call, request)),
    CancelDeployment: ofOne((call, request) => cancelDelivery(deps, call, request)),
    RollbackDeployment: {
      async handle(call, request) {
        const { rollout, reverse } = await rollBackDelivery(deps, call, request);
        const [deployment, rollback = null] = await shown(reverse === null ? [rollout] : [rollout, reverse]);
        return { deployment, rollback_deployment: rollback };
      },
    },
    ListDeployments: {
      async handle(call, request) {
        const { rollouts, nextPageToken } = await listDeliveries(deps, call, request);
        return { deployments: await shown(rollouts), next_page_token: nextPageToken };
      },
    },
    GetDeploymentStatus: {
      async handle(call, request) {
        const rollout = await readDelivery(deps, call, parseField(idRequest, request).id);
        const [deployment] = await shown([rollout]);
        return { deployment, ...(await deliveryStatus(deps, rollout)) };
      },
    },
    CreateQualityGate: {
      handle: async (call, request) => ({ quality_gate: await createQualityGate(deps, call, request) }),
    },
    ListQualityGates: {
      async handle(call, request) {
        const { gates, nextPageToken } = await listQualityGates(deps, call, request);
        return { quality_gates: gates, next_page_token: nextPageToken };
      },
    },
    Health: { public: true, handle: () => healthOf(deps) },
  };
}
