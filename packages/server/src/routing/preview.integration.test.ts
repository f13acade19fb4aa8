import type { StrategyInput } from "@sluice/core";
import { routeSchema } from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { findRollout } from "../rollout/rollout.store.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { claimPreview } from "./preview.ts";
import { insertRoute } from "./route.store.ts";

let database: TestDatabase;
let artifactId: string;

beforeAll(async () => {
  database = await testDatabase(4);
  artifactId = await insertArtifact(database.db);
});
afterAll(() => database.close());

const deploy = (name: string) => insertDeployment(database.db, artifactId, name);

/** A rollout under way that shows its candidate at `path`. */
async function show(deployment: string, path: string | null) {
  const strategy: StrategyInput = { type: "blue-green", previewRoute: path };
  const id = await insertDelivery(database.db, { artifactId, deployment, version: "1.0.0", strategy });
  const stored = await findRollout(database.db, id);
  if (stored === null) throw new Error(`no rollout ${id}`);
  return stored.rollout;
}

const claim = async (deployment: string, path: string) => {
  const rollout = await show(deployment, null);
  const strategy = { ...rollout.strategy, previewRoute: path };
  return database.db.transaction().execute((tx) => claimPreview(tx, { ...rollout, strategy } as typeof rollout));
};

describe("the path of a preview", () => {
  test("may be one that nobody has", async () => {
    await expect(claim(await deploy("shop"), "/shop-next")).resolves.toBeUndefined();
  });

  test("is refused with the name of the deployment whose route it is", async () => {
    // edge case 44
    await deploy("cart");
    await expect(claim(await deploy("basket"), "/cart")).rejects.toMatchObject({
      code: "already_exists",
      message: "strategy.previewRoute /cart is taken by deployment cart in development; choose another path",
    });
  });

  test("is refused while another rollout shows its candidate there", async () => {
    await show(await deploy("first"), "/look");
    await expect(claim(await deploy("second"), "/look")).rejects.toThrow(
      "taken by the preview of deployment first in development",
    );
  });

  test("cannot be the deployment's own, and needs a route beside it", async () => {
    const own = await deploy("own");
    await expect(claim(own, "/own/")).rejects.toMatchObject({ code: "invalid_argument" });
    await database.db.deleteFrom("routes").where("deployment_id", "=", own).execute();
    await expect(claim(own, "/own-next")).rejects.toThrow("the deployment has no route");
  });

  test("is not given to a new route while it is shown there", async () => {
    await show(await deploy("third"), "/soon");
    const other = await deploy("fourth");
    await database.db.deleteFrom("routes").where("deployment_id", "=", other).execute();
    const settings = routeSchema.parse({ path: "/soon" });
    await expect(insertRoute(database.db, other, settings, 1)).rejects.toThrow("the preview of deployment third");
    const hosted = routeSchema.parse({ path: "/soon", host: "example.com" });
    await expect(insertRoute(database.db, other, hosted, 1)).resolves.toBeUndefined();
  });
});
