import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../../http/app.types.ts";
import { pageOf, pageQuery } from "../../http/page.ts";
import type { Services } from "../../http/services.ts";
import { idParams, modelVersionView, modelView, registerModelBody, registerVersionBody } from "./model.schema.ts";
import { viewOfModel, viewOfVersion } from "./model.view.ts";

export function modelRoutes(app: App, { models: { models, bucket } }: Services): void {
  const tags = ["Models"];

  app.post(
    "/api/v1/models",
    {
      schema: {
        operationId: "registerModel",
        summary: "Register a model",
        description: "Gives a number to a new model, or to an artifact of kind `model` that `/v1` has already.",
        tags,
        body: registerModelBody,
        response: { 201: modelView },
      },
    },
    async ({ principal, body }, reply) => reply.code(201).send(viewOfModel(await models.register(principal, body))),
  );

  app.get(
    "/api/v1/models",
    {
      schema: {
        operationId: "listModels",
        summary: "List models by number",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional(), name: nameSchema.optional(), ...pageQuery }),
        response: { 200: pageOf(modelView) },
      },
    },
    async ({ principal, query }) => {
      const page = await models.list(principal, query);
      return { ...page, items: page.items.map(viewOfModel) };
    },
  );

  app.get(
    "/api/v1/models/:id",
    {
      schema: {
        operationId: "getModel",
        summary: "Read a model",
        tags,
        params: idParams,
        response: { 200: modelView },
      },
    },
    async ({ principal, params }) => viewOfModel(await models.get(principal, params.id)),
  );

  app.post(
    "/api/v1/models/:id/versions",
    {
      schema: {
        operationId: "registerModelVersion",
        summary: "Register a version of a model",
        description:
          "It is PENDING until its files are uploaded. A version that `/v1` has by that name is READY at once.",
        tags,
        params: idParams,
        body: registerVersionBody.nullish(),
        response: { 201: modelVersionView },
      },
    },
    async ({ principal, params, body }, reply) =>
      reply.code(201).send(viewOfVersion(await models.registerVersion(principal, params.id, body ?? {}), bucket)),
  );

  app.get(
    "/api/v1/models/:id/versions",
    {
      schema: {
        operationId: "listModelVersions",
        summary: "List the versions of a model, newest first",
        tags,
        params: idParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(modelVersionView) },
      },
    },
    async ({ principal, params, query }) => {
      const page = await models.listVersions(principal, params.id, query);
      return { ...page, items: page.items.map((version) => viewOfVersion(version, bucket)) };
    },
  );

  app.get(
    "/api/v1/versions/:id",
    {
      schema: {
        operationId: "getModelVersion",
        summary: "Read a version of a model: its state and its files",
        tags,
        params: idParams,
        response: { 200: modelVersionView },
      },
    },
    async ({ principal, params }) => viewOfVersion(await models.getVersion(principal, params.id), bucket),
  );
}
