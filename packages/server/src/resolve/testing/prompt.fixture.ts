import { type GuardConfig, type Pin, type Split, splitBetween } from "@sluice/core";
import { LOCAL_ADMIN } from "../../access/principal.ts";
import type { Db } from "../../db/database.ts";
import { createDeploymentSchema, updateDeploymentSchema } from "../../deployment/deployment.schema.ts";
import type { Services } from "../../http/services.ts";

export interface PromptOptions {
  name: string;
  /** Default: of the deployment's name. */
  artifact?: string;
  environment?: string;
  project?: string;
  /** Specs of its versions 1.0.0, 1.1.0 …, each a revision. */
  specs?: readonly object[];
}

/** What the engine would want of a prompt's traffic. */
export interface Wanted {
  split: Split | null;
  pins?: Pin[];
  guard?: GuardConfig | null;
}

const SPECS = [{ text: "Hello {{name}}!", variables: [{ name: "name" }], model: "small" }, { text: "Hi!" }];

/** A prompt deployment with its revisions, whose rollouts nobody advances. Answers its id. */
export async function insertPrompt(
  { artifacts, deployments }: Services,
  { name, artifact = name, environment = "development", project = "default", specs = SPECS }: PromptOptions,
): Promise<string> {
  const where = { project, name: artifact };
  await artifacts.create(LOCAL_ADMIN, { ...where, kind: "prompt", labels: {} }).catch(() => undefined);
  const versions = specs.map((_, index) => `1.${index}.0`);
  for (const [index, spec] of specs.entries()) {
    await artifacts.createVersion(LOCAL_ADMIN, where, { version: versions[index] ?? "", spec, source: null });
  }
  const [first = "", ...rest] = versions;
  const input = createDeploymentSchema.parse({ project, name, artifact, version: first, environment });
  const { deployment } = await deployments.create(LOCAL_ADMIN, input);
  for (const version of rest) {
    await deployments.update(LOCAL_ADMIN, { id: deployment.id }, updateDeploymentSchema.parse({ version }));
  }
  return deployment.id;
}

/** Writes what the engine would write. */
export async function want(db: Db, id: string, { split, pins = [], guard = null }: Wanted): Promise<void> {
  const desired = JSON.stringify({ split, pins, guard, mirror: null });
  const { fence } = await db.selectFrom("deployments").select("fence").where("id", "=", id).executeTakeFirstOrThrow();
  const before = await db
    .selectFrom("routes")
    .select("epoch")
    .where("deployment_id", "=", id)
    .executeTakeFirstOrThrow();
  const epoch = Math.max(fence, before.epoch) + 1;
  await db.updateTable("routes").set({ desired, epoch }).where("deployment_id", "=", id).execute();
}

/** Between revisions 1 and 2. */
export const half: Split = splitBetween(1, 2, 5_000);
export const allOn = (revision: number): Split => [{ revision, weight: 10_000 }];
