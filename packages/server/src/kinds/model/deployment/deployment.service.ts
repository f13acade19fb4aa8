import { assertReady, digestOf, type Instant, invalidField, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { type Action, authorise, projectOf } from "../../../access/authorise.ts";
import type { Principal } from "../../../access/principal.ts";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Database } from "../../../db/schema.ts";
import { createDeploymentSchema } from "../../../deployment/deployment.schema.ts";
import type { DeploymentService } from "../../../deployment/deployment.services.ts";
import { keyOfCursor, type Page } from "../../../http/page.ts";
import type { ModelConfig } from "../model.config.ts";
import { isForeign, numberOf, pageOfNumbered, requireModelVersion } from "../model.service.ts";
import type { Outcome, Settling } from "./deployment.settle.ts";
import {
  deleteModelDeployment,
  findByRequest,
  findModelDeployment,
  insertModelDeployment,
  listModelDeployments,
  lockRequest,
  nextModelDeployment,
  type StoredModelDeployment,
} from "./deployment.store.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  deployments: DeploymentService;
  settling: Settling;
  config: ModelConfig;
}

export interface DeployInput {
  replicas: number;
  environment: string;
}

export interface Deleted {
  id: number;
  /** What of it is still there; null when nothing is. */
  warning: string | null;
}

interface ListQuery {
  project?: string | undefined;
  version?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Milliseconds that a deletion waits for instances to go before it answers with a warning. */
const GOING = 10_000;
const LOOK_EVERY = 50;

export type ModelDeploymentService = ReturnType<typeof createModelDeploymentService>;

/** Deployments of models by number, each with an address of its own on the gateway. */
export function createModelDeploymentService({ db, clock, deployments, settling, config }: Deps) {
  const require = async (principal: Principal, action: Action, id: number): Promise<StoredModelDeployment> => {
    const found = await findModelDeployment(db, id);
    if (found === undefined || isForeign(principal, found.project)) {
      throw new SluiceError("not_found", `deployment ${id} does not exist`);
    }
    authorise(principal, action, found);
    return found;
  };

  /** The record, the deployment behind it and its first rollout, in one transaction. */
  const begin = (principal: Principal, versionId: number, input: DeployInput, key: string | null): Promise<number> =>
    inAmbientTransaction(db, async () => {
      const version = await requireModelVersion(db, principal, "deployment.write", versionId);
      const request = key === null ? null : { key, hash: digestOf({ versionId, ...input }) };
      if (request !== null) await lockRequest(db, principal.name, request.key);
      const before = request === null ? undefined : await findByRequest(db, principal.name, request.key);
      if (before !== undefined) {
        if (before.requestHash === request?.hash) return before.id;
        throw new SluiceError("already_exists", `Idempotency-Key ${key} was used for another request; take a new one`);
      }
      assertReady(version);
      const id = await nextModelDeployment(db);
      const at = new Date(clock());
      const serviceName = `model-${id}-${Math.floor(at.getTime() / 1_000)}`;
      const created = await deployments.create(
        principal,
        createDeploymentSchema.parse({
          project: version.project,
          name: serviceName,
          artifact: version.model,
          version: version.version,
          environment: input.environment,
          config: { replicas: input.replicas, healthCheck: { path: "/v2/health/ready" } },
          route: { path: `${config.ingressBasePath}/${id}`, stripPrefix: true },
          labels: { model: version.model },
        }),
      );
      const made = {
        id,
        deploymentId: created.deployment.id,
        versionId,
        serviceName,
        actor: principal.name,
        request,
        at,
      };
      await insertModelDeployment(db, made);
      return id;
    });

  /** Whether the deployment behind a record is gone, within the patience. */
  const isGone = async (deployment: string): Promise<boolean> => {
    for (const until = clock() + GOING; ; ) {
      const row = await db.selectFrom("deployments").select("id").where("id", "=", deployment).executeTakeFirst();
      if (row === undefined) return true;
      if (clock() >= until) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  };

  return {
    /**
     * Deploys a version that is READY, and answers when it serves. One that fails leaves nothing behind: no record, no
     * deployment, no instances; the reason is thrown. The same key and request again follow the deployment that is there.
     */
    async create(
      principal: Principal,
      versionId: number,
      input: DeployInput,
      key: string | null,
    ): Promise<{ deployment: StoredModelDeployment; outcome: Outcome }> {
      const id = await begin(principal, versionId, input, key);
      const { settled } = await require(principal, "deployment.read", id);
      const outcome = settled ? "serving" : await settling.follow(id);
      return { deployment: await require(principal, "deployment.read", id), outcome };
    },

    get: (principal: Principal, id: number): Promise<StoredModelDeployment> =>
      require(principal, "deployment.read", id),

    async list(principal: Principal, query: ListQuery): Promise<Page<StoredModelDeployment>> {
      const version =
        query.version === undefined ? null : await requireModelVersion(db, principal, "deployment.read", query.version);
      const project = version?.project ?? projectOf(principal, query.project);
      const environment = principal.environment ?? undefined;
      authorise(principal, "deployment.read", { project, ...(environment !== undefined && { environment }) });
      const before = numberOf(keyOfCursor(query.cursor));
      const filter = { project, environment, versionId: query.version, before, limit: query.limit + 1 };
      return pageOfNumbered(await listModelDeployments(db, filter), query.limit);
    },

    /** Takes the record away at once; traffic and instances follow, however long that takes. */
    async remove(principal: Principal, id: number): Promise<Deleted> {
      const { deploymentId } = await require(principal, "deployment.write", id);
      await inAmbientTransaction(db, async () => {
        await deleteModelDeployment(db, id);
        await deployments.remove(principal, { id: deploymentId });
      });
      if (await isGone(deploymentId)) return { id, warning: null };
      const warning = `deployment ${id} is deleted; instances of ${deploymentId} are still there after ${GOING / 1_000} s, and Sluice goes on to remove them`;
      return { id, warning };
    },
  };
}

/** The environment of a request: the token's own where it has one, else production. */
export function environmentFor(principal: Principal, asked: string | undefined): string {
  if (asked !== undefined && principal.environment !== null && asked !== principal.environment) {
    throw invalidField("environment", asked, `${principal.environment}, the one of the token`);
  }
  return asked ?? principal.environment ?? "production";
}
