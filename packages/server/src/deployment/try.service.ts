import { type Instant, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { membersOfDeployment } from "../fleet/member.store.ts";
import { isResolved } from "../kinds/prompt/prompt.route.ts";
import { findRoute } from "../routing/route.store.ts";
import { type DeploymentName, requireDeployment } from "./deployment.lookup.ts";
import { audit } from "./deployment.service.ts";
import { type Tried, tryAtGateway } from "./try.answer.ts";
import { gatewayRequest, type TryRequest } from "./try.request.ts";

export interface Tries {
  /** Asks the deployment once, through the gateway, as a caller would. Throws `failed_precondition` where there is nobody to ask. */
  try(principal: Principal, name: DeploymentName, asked: TryRequest): Promise<Tried>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}

export const createTries = ({ db, clock, live }: Deps): Tries => ({
  async try(principal, name, asked) {
    const deployment = await requireDeployment(db, principal, "deployment.try", name);
    if (deployment.fleet !== null) {
      const members = (await membersOfDeployment(db, deployment.id)).map((member) => member.name);
      throw notHere(`${deployment.name} is at several targets; try it at one: ${members.join(", ")}`);
    }
    const found = await findRoute(db, deployment.id);
    if (found === null) throw notHere(`deployment ${deployment.name} has no route: the gateway sends it nothing`);
    if (isResolved(found.settings)) {
      throw notHere(`${deployment.name} is a prompt, which is read from the server: GET ${found.settings.path}`);
    }
    const at = { deployment: deployment.id, route: found.settings, gatewayUrl: live.gatewayUrl };
    const tried = await tryAtGateway(gatewayRequest(asked, at));
    // Neither query nor headers nor bodies: secrets are there.
    const path = asked.path.replace(/\?.*/, "");
    const detail = { method: asked.method, path, status: tried.answer?.status ?? null };
    await db.transaction().execute((tx) => audit(tx, principal, deployment, "deployment.try", detail, clock()));
    return tried;
  },
});

const notHere = (why: string): SluiceError => new SluiceError("failed_precondition", why);
