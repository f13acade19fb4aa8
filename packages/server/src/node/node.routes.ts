import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { createNodeSchema, labelNodeSchema, type NodeView, nodeNameSchema, nodeSchema } from "./node.schema.ts";
import type { NodeInPlace } from "./node.service.ts";

const view = ({ name, labels, local, stored }: NodeInPlace): NodeView => ({
  name,
  labels: { ...labels },
  local,
  createdAt: stored?.createdAt.toISOString() ?? null,
  createdBy: stored?.createdBy ?? null,
});

const tags = ["Nodes"];
const params = z.object({ name: nodeNameSchema });

export function nodeRoutes(app: App, { nodes }: Services): void {
  app.get(
    "/v1/nodes",
    {
      schema: {
        operationId: "listNodes",
        summary: "List the nodes that collectors of pipelines run on",
        description:
          "All collectors of this server run on its own machine, each node in a folder and on ports of its own.",
        tags,
        response: { 200: z.object({ items: z.array(nodeSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal }) => ({ items: (await nodes.list(principal)).map(view), nextCursor: null }),
  );

  app.post(
    "/v1/nodes",
    {
      schema: {
        operationId: "createNode",
        summary: "Register a node with its labels",
        description: "Deployments of pipelines whose selector meets its labels get collectors on it.",
        tags,
        body: createNodeSchema,
        response: { 201: nodeSchema },
      },
    },
    async ({ principal, body }, reply) => reply.code(201).send(view(await nodes.create(principal, body))),
  );

  app.get(
    "/v1/nodes/:name",
    { schema: { operationId: "getNode", summary: "Read a node", tags, params, response: { 200: nodeSchema } } },
    async ({ principal, params: { name } }) => view(await nodes.get(principal, name)),
  );

  app.put(
    "/v1/nodes/:name",
    {
      schema: {
        operationId: "labelNode",
        summary: "Replace the labels of a node",
        tags,
        params,
        body: labelNodeSchema,
        response: { 200: nodeSchema },
      },
    },
    async ({ principal, params: { name }, body }) => view(await nodes.label(principal, { name, ...body })),
  );

  app.delete(
    "/v1/nodes/:name",
    {
      schema: {
        operationId: "deleteNode",
        summary: "Remove a node; its collectors end",
        tags,
        params,
        response: { 204: z.undefined().describe("Removed") },
      },
    },
    async ({ principal, params: { name } }, reply) => {
      await nodes.remove(principal, name);
      return reply.code(204).send();
    },
  );
}
