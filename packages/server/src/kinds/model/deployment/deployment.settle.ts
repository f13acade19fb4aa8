import { type Instant, isTerminal, type Rollout, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Database } from "../../../db/schema.ts";
import type { DeploymentService } from "../../../deployment/deployment.services.ts";
import type { EventBell } from "../../../event/event.bell.ts";
import {
  deleteModelDeployment,
  findModelDeployment,
  type StoredModelDeployment,
  settleModelDeployment,
  unsettledModelDeployments,
} from "./deployment.store.ts";

/** How the first rollout of a deployment ended, or that it waits for something that takes its own time. */
export type Outcome = "serving" | "waiting";

export interface Settling {
  /**
   * Follows the deployment's first rollout. One that does not complete, or not in time, takes the deployment and its
   * record away; the reason is thrown. Answers early, and follows on, while people or a freeze window are waited for.
   */
  follow(id: number): Promise<Outcome>;
  /** Follows whatever a server that died was following. */
  resume(): Promise<void>;
  close(): void;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  bell: EventBell;
  deployments: DeploymentService;
  /** So long may a rollout take, waiting aside. */
  seconds: number;
}

/** Who takes away what failed. */
const ENGINE: Principal = { name: "engine", role: "admin", project: null, environment: null };

/** Milliseconds between two looks when nothing rings. */
const LOOK_EVERY = 1_000;

export function createSettling({ db, clock, bell, deployments, seconds }: Deps): Settling {
  const over = new AbortController();

  const firstRollout = async (deployment: string): Promise<Rollout | null> => {
    const row = await db
      .selectFrom("rollouts")
      .select("state")
      .where("deployment_id", "=", deployment)
      .orderBy("id")
      .limit(1)
      .executeTakeFirst();
    return row?.state ?? null;
  };

  const giveUp = async (record: StoredModelDeployment, error: SluiceError): Promise<never> => {
    await inAmbientTransaction(db, async () => {
      await deleteModelDeployment(db, record.id);
      await deployments.remove(ENGINE, { id: record.deploymentId });
    });
    throw error;
  };

  /** Ends with the rollout; tells of every wait on the way. */
  const watch = async (id: number, waits: () => void): Promise<void> => {
    const began = clock();
    let since = began;
    while (!over.signal.aborted) {
      const record = await findModelDeployment(db, id);
      const rollout = record === undefined ? null : await firstRollout(record.deploymentId);
      if (record === undefined || rollout === null) throw gone(id);
      if (rollout.phase === "completed") return settleModelDeployment(db, id);
      if (isTerminal(rollout.phase)) await giveUp(record, failed(rollout));
      const asksPeople = rollout.phase === "awaiting_approval" || rollout.pausedAt !== null;
      if (asksPeople || rollout.phase === "queued") since = clock();
      // A queue is short, as a rule; who stands in it for long gets an answer all the same.
      if (asksPeople || since - began > seconds * 1_000) waits();
      if (clock() - since > seconds * 1_000) await giveUp(record, tooSlow(rollout, seconds));
      await bell.next(LOOK_EVERY, over.signal);
    }
    throw new SluiceError("unavailable", `the server stops; deployment ${id} goes on, ask for it later`);
  };

  return {
    follow: (id) =>
      new Promise<Outcome>((resolve, reject) => {
        watch(id, () => resolve("waiting")).then(() => resolve("serving"), reject);
      }),
    async resume() {
      for (const id of await unsettledModelDeployments(db)) {
        // Its end is on record; nobody waits for the answer any more.
        watch(id, () => undefined).catch(() => undefined);
      }
    },
    close: () => over.abort(),
  };
}

const gone = (id: number): SluiceError => new SluiceError("aborted", `deployment ${id} was deleted before it served`);

function failed({ phase, reason, validations }: Rollout): SluiceError {
  const bad = validations.filter(({ passed, severity }) => !passed && severity === "critical");
  const why = reason ?? bad.map(({ message }) => message).join("; ");
  return new SluiceError(
    "failed_precondition",
    `the deployment failed, and nothing of it was kept: ${why === "" ? `its rollout ended as ${phase}` : why}`,
  );
}

const tooSlow = ({ phase, reason }: Rollout, seconds: number): SluiceError =>
  new SluiceError(
    "deadline_exceeded",
    `the deployment did not serve within ${seconds} s, and nothing of it was kept: its rollout was in phase ${phase}${reason === null ? "" : `, ${reason}`}`,
  );
