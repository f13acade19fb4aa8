import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { actionsOf } from "./authorise.ts";
import { ROLES } from "./principal.ts";

const roleView = z
  .object({
    name: z.enum(ROLES),
    actions: z.array(z.string()).meta({ description: "What it may do, those of the roles before it included" }),
  })
  .meta({ id: "Role", examples: [{ name: "viewer", actions: ["artifact.read", "deployment.read"] }] });

/** Roles are the same everywhere: a token has one, in one project and one environment or in all of them. */
export function roleRoutes(app: App): void {
  app.get(
    "/v1/roles",
    {
      schema: {
        operationId: "listRoles",
        summary: "List the roles a token may have, and what each may do",
        tags: ["Tokens"],
        response: { 200: z.object({ items: z.array(roleView) }) },
      },
    },
    async () => ({ items: ROLES.map((name) => ({ name, actions: actionsOf(name) })) }),
  );
}
