import {
  configSchema,
  createRollout,
  digestOf,
  type NewRollout,
  routeSchema,
  type StrategyInput,
  strategySchema,
  type VersionSpec,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { z } from "zod";
import { newId } from "../../db/ids.ts";
import type { Database } from "../../db/schema.ts";
import { insertRollout } from "../../rollout/rollout.store.ts";
import { insertRoute } from "../../routing/route.store.ts";
import { wakeDeployment } from "../wake.ts";

/** The rows that the API's services write, without the services: for tests and benches of the engine alone. */

export async function insertArtifact(db: Kysely<Database>): Promise<string> {
  const id = newId("art");
  await db.insertInto("artifacts").values({ id, project: "default", name: "greeter", kind: "application" }).execute();
  return id;
}

/** A deployment with a route of its own, two replicas wanted, and nothing delivered yet. */
export async function insertDeployment(db: Kysely<Database>, artifactId: string, name: string): Promise<string> {
  const id = newId("dep");
  await db
    .insertInto("deployments")
    .values({
      id,
      project: "default",
      environment: "development",
      name,
      artifact_id: artifactId,
      stable_revision: null,
      replicas: 2,
      deployed_by: "test",
    })
    .execute();
  await insertRoute(db, id, routeSchema.parse({ path: `/${name}` }), 1);
  return id;
}

export interface Delivery {
  artifactId: string;
  deployment: string;
  version: string;
  strategy: StrategyInput;
  /** Of the version, beside a program that does nothing. */
  spec?: Pick<VersionSpec, "migrations" | "sbom">;
  config?: Partial<z.input<typeof configSchema>>;
  /** What the environment asks for. */
  protection?: Partial<Pick<NewRollout, "requiredApprovals" | "approvers" | "approvalExpirySeconds" | "fourEyes">>;
}

/** A new version and revision, the rollout to it, and the wake. Answers the rollout's id. */
export async function insertDelivery(db: Kysely<Database>, delivery: Delivery): Promise<string> {
  const { artifactId, deployment, version, config = {}, protection = {} } = delivery;
  const now = Date.now();
  return db.transaction().execute(async (tx) => {
    const versionId = newId("ver");
    const spec = { command: ["sh", "-c", "true"], env: {}, ...delivery.spec };
    await tx
      .insertInto("versions")
      .values({
        id: versionId,
        artifact_id: artifactId,
        version: `${version}+${versionId}`,
        digest: digestOf(spec),
        spec: JSON.stringify(spec),
        source: JSON.stringify(null),
        created_by: "test",
      })
      .execute();
    const last = await tx
      .selectFrom("revisions")
      .select(({ fn }) => fn.max("number").as("number"))
      .where("deployment_id", "=", deployment)
      .executeTakeFirst();
    const number = (last?.number ?? 0) + 1;
    await tx
      .insertInto("revisions")
      .values({
        deployment_id: deployment,
        number,
        version_id: versionId,
        digest: `${number}`,
        config: JSON.stringify(configSchema.parse({ progressDeadlineSeconds: 5, ...config })),
        created_by: "test",
      })
      .execute();
    const { stable_revision: stable } = await tx
      .selectFrom("deployments")
      .select("stable_revision")
      .where("id", "=", deployment)
      .executeTakeFirstOrThrow();
    const { rollout } = createRollout(
      {
        id: newId("rol"),
        project: "default",
        deployment,
        artifact: "greeter",
        environment: "development",
        from: stable === null ? null : { revision: stable, version: "before" },
        to: { revision: number, version },
        strategy: strategySchema.parse(delivery.strategy),
        requiredApprovals: 0,
        fourEyes: false,
        ...protection,
        triggeredBy: "test",
      },
      now,
    );
    await insertRollout(tx, rollout);
    await wakeDeployment(tx, deployment);
    return rollout.id;
  });
}
