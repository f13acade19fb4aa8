import type { Principal } from "../access/principal.ts";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { rolloutSchema } from "../rollout/rollout.schema.ts";
import { rolloutView } from "../rollout/rollout.view.ts";
import { changedView, deploymentParams, deploymentQuery, nameOf, startedSchema } from "./deployment.http.ts";
import type { DeploymentName } from "./deployment.lookup.ts";
import { deploymentSchema, nothingSchema, promoteSchema, rollbackSchema, scaleSchema } from "./deployment.schema.ts";
import type { StoredDeployment } from "./deployment.store.ts";

/** Actions without a choice: stop, start, restart. */
const PLAIN = [
  ["stop", "stopDeployment", "Stop every instance; the deployment keeps its route and its revision"],
  ["start", "startDeployment", "Start a stopped deployment again, with what it ran"],
  ["restart", "restartDeployment", "Replace every instance by a fresh one, one at a time"],
] as const;

export function deploymentActionRoutes(app: App, services: Services): void {
  const { deployments, clock } = services;
  const tags = ["Deployments"];
  const common = { tags, params: deploymentParams, querystring: deploymentQuery };

  app.post(
    "/v1/deployments/:id/rollback",
    {
      schema: {
        ...common,
        operationId: "rollbackDeployment",
        summary: "Take a deployment back, as a whole or in part",
        description:
          "Answers the rollout that does it. Without `toRevision`, a rollout under way is turned back; otherwise the " +
          "revision promoted before this one is taken. Replicas stay as they are.",
        body: rollbackSchema,
        response: { 202: rolloutSchema },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const rollout = await deployments.rollback(principal, nameOf(params, query), body);
      return reply.code(202).send(rolloutView(rollout, clock()));
    },
  );

  app.post(
    "/v1/deployments/:id/scale",
    {
      schema: {
        ...common,
        operationId: "scaleDeployment",
        summary: "Change how many instances are wanted; no revision, no rollout",
        body: scaleSchema,
        response: { 202: deploymentSchema },
      },
    },
    async (request, reply) => {
      const { principal, params, query, body } = request;
      const deployment = await deployments.scale(principal, nameOf(params, query), body.replicas);
      return reply.code(202).send(await changedView(request, services, deployment));
    },
  );

  for (const [action, operationId, summary] of PLAIN) {
    const act: (principal: Principal, name: DeploymentName) => Promise<StoredDeployment> = deployments[action];
    app.post(
      `/v1/deployments/:id/${action}`,
      { schema: { ...common, operationId, summary, body: nothingSchema, response: { 202: deploymentSchema } } },
      async (request, reply) => {
        const deployment = await act(request.principal, nameOf(request.params, request.query));
        return reply.code(202).send(await changedView(request, services, deployment));
      },
    );
  }

  app.post(
    "/v1/deployments/:id/promote",
    {
      schema: {
        ...common,
        operationId: "promoteDeployment",
        summary: "Deliver the version that serves here to another environment",
        description:
          "Patches the deployment of the same name there, or creates it with this one's configuration and the given " +
          "route. 200 without a rollout when it runs that version already.",
        body: promoteSchema,
        response: { 200: startedSchema, 202: startedSchema },
      },
    },
    async (request, reply) => {
      const { principal, params, query, body } = request;
      const { deployment, rollout } = await deployments.promote(principal, nameOf(params, query), body);
      const view = await changedView(request, services, deployment);
      if (rollout === null) return reply.code(200).send({ deployment: view, rollout });
      return reply.code(202).send({ deployment: view, rollout: rolloutView(rollout, clock()) });
    },
  );
}
