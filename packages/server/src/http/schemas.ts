import { manifestJsonSchema } from "@sluice/core";
import { z } from "zod";
import type { Routes } from "./app.types.ts";

/** What editors ask for. */
export const schemaRoutes: Routes = (app) => {
  const schema = manifestJsonSchema();
  app.get(
    "/schemas/sluice.json",
    {
      config: { public: true },
      schema: {
        operationId: "getManifestSchema",
        summary: "The JSON Schema of `sluice.yaml`, for editors",
        tags: ["System"],
        security: [],
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async (_request, reply) => reply.header("cache-control", "public, max-age=300").send(schema),
  );
};
