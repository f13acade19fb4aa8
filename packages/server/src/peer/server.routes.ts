import { toIso } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import type { Peer } from "./peer.store.ts";

const time = z.iso.datetime();

const serverSchema = z
  .object({
    id: z.string().describe("The name of its data folder."),
    url: z.string(),
    gatewayUrl: z.string().nullable().describe("Where callers reach its gateway."),
    host: z.string().nullable(),
    version: z.string().nullable(),
    alive: z.boolean().describe("Seen within the last half minute, and not stopped."),
    startedAt: time.nullable(),
    seenAt: time,
    stoppedAt: time.nullable(),
    deployments: z.number().int().describe("Deployments that only this server looks after."),
  })
  .meta({ id: "Server" });

const view = ({ startedAt, seenAt, stoppedAt, ...peer }: Peer): z.infer<typeof serverSchema> => ({
  ...peer,
  startedAt: startedAt === null ? null : toIso(startedAt),
  seenAt: toIso(seenAt),
  stoppedAt: stoppedAt === null ? null : toIso(stoppedAt),
});

const tags = ["System"];

export function serverRoutes(app: App, { servers }: Services): void {
  app.get(
    "/v1/servers",
    {
      schema: {
        operationId: "listServers",
        summary: "List the servers of this database",
        description:
          "A deployment on a server's own machine is looked after by that server alone; everything else by any of them.",
        tags,
        response: { 200: z.object({ items: z.array(serverSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal }) => ({ items: (await servers.list(principal)).map(view), nextCursor: null }),
  );

  app.delete(
    "/v1/servers/:id",
    {
      schema: {
        operationId: "forgetServer",
        summary: "Forget a server that is gone",
        description:
          "What it had for itself is given to the other servers, which start it on their machines. Should it come back, it ends what it still runs.",
        tags,
        params: z.object({ id: z.string().min(1).max(64) }),
        response: { 204: z.undefined().describe("Forgotten") },
      },
    },
    async ({ principal, params }, reply) => {
      await servers.forget(principal, params.id);
      return reply.code(204).send();
    },
  );
}
