import { type Instant, type ModelFile, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { type Action, authorise, projectOf } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { ArtifactService } from "../../artifact/artifact.service.ts";
import { findVersion } from "../../artifact/version.store.ts";
import { appendAudit } from "../../audit/audit.store.ts";
import { inAmbientTransaction } from "../../db/ambient.ts";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../../http/page.ts";
import {
  findModel,
  findModelVersion,
  insertModel,
  insertModelVersion,
  listModels,
  listModelVersions,
  type StoredModel,
  type StoredModelVersion,
} from "./model.store.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  artifacts: ArtifactService;
}

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

export interface ModelInput {
  project?: string | undefined;
  name: string;
  description: string;
  labels: Record<string, string>;
}

export type ModelService = ReturnType<typeof createModelService>;

/** Models and their versions by number. Behind each is an artifact, and behind each version that is READY its version. */
export function createModelService({ db, clock, artifacts }: Deps) {
  return {
    /** Registers a model: a new artifact, or one of kind `model` that is there and has no number yet. */
    register: (principal: Principal, input: ModelInput): Promise<StoredModel> =>
      inAmbientTransaction(db, async () => {
        const project = projectOf(principal, input.project);
        authorise(principal, "artifact.write", { project });
        const { name, labels, description } = input;
        const artifact = await artifacts.create(principal, { project, name, kind: "model", labels }).catch((error) => {
          if (isTaken(error)) return artifacts.get(principal, { project, name });
          throw error;
        });
        if (artifact.kind !== "model") {
          throw new SluiceError(
            "already_exists",
            `${name} is an artifact of kind ${artifact.kind}; choose another name`,
          );
        }
        const at = new Date(clock());
        const owned = { project, artifactId: artifact.id, description, createdAt: at, createdBy: principal.name };
        const inserted = await insertModel(db, owned);
        if (inserted === undefined) {
          throw new SluiceError("already_exists", `model ${name} is registered already in project ${project}`);
        }
        const audit = { project, actor: principal.name, subject: artifact.id, at };
        await appendAudit(db, { ...audit, action: "model.register", detail: { name, model: inserted.id } });
        return { ...owned, id: inserted.id, name };
      }),

    async list(principal: Principal, query: PageQuery & { project?: string | undefined; name?: string | undefined }) {
      const project = projectOf(principal, query.project);
      authorise(principal, "artifact.read", { project });
      const after = numberOf(keyOfCursor(query.cursor));
      const rows = await listModels(db, { project, name: query.name, after, limit: query.limit + 1 });
      return pageOfNumbered(rows, query.limit);
    },

    get: (principal: Principal, id: number): Promise<StoredModel> => requireModel(db, principal, "artifact.read", id),

    /** Registers a version that waits for its files; one that `/v1` has already by that name is READY at once. */
    async registerVersion(
      principal: Principal,
      modelId: number,
      input: { version?: string | undefined },
    ): Promise<StoredModelVersion> {
      return db.transaction().execute(async (tx) => {
        const model = await requireModel(tx, principal, "artifact.write", modelId);
        const version = input.version ?? (await nextVersion(tx, model));
        const existing = await findVersion(tx, model.artifactId, version);
        const files = existing === undefined ? [] : filesOf(existing.spec);
        const at = new Date(clock());
        const versionId = existing?.id ?? null;
        const inserted = await insertModelVersion(tx, { modelId, version, files, versionId, by: principal.name, at });
        if (inserted === undefined) {
          throw new SluiceError("already_exists", `model ${model.name} has a version ${version} already`);
        }
        const audit = { project: model.project, actor: principal.name, subject: model.artifactId, at };
        const detail = { model: modelId, version, id: inserted.id };
        await appendAudit(tx, { ...audit, action: "model.version.register", detail });
        return requireModelVersion(tx, principal, "artifact.read", inserted.id);
      });
    },

    async listVersions(principal: Principal, modelId: number, query: PageQuery): Promise<Page<StoredModelVersion>> {
      await requireModel(db, principal, "artifact.read", modelId);
      const before = numberOf(keyOfCursor(query.cursor));
      return pageOfNumbered(await listModelVersions(db, { modelId, before, limit: query.limit + 1 }), query.limit);
    },

    getVersion: (principal: Principal, id: number): Promise<StoredModelVersion> =>
      requireModelVersion(db, principal, "artifact.read", id),
  };
}

/** Throws `not_found` also for what belongs to a project that the principal knows nothing of. */
export async function requireModel(db: Db, principal: Principal, action: Action, id: number): Promise<StoredModel> {
  const model = await findModel(db, id);
  if (model === undefined || isForeign(principal, model.project)) {
    throw new SluiceError("not_found", `model ${id} does not exist`);
  }
  authorise(principal, action, { project: model.project });
  return model;
}

/** The same for a version. */
export async function requireModelVersion(
  db: Db,
  principal: Principal,
  action: Action,
  id: number,
): Promise<StoredModelVersion> {
  const version = await findModelVersion(db, id);
  if (version === undefined || isForeign(principal, version.project)) {
    throw new SluiceError("not_found", `version ${id} does not exist`);
  }
  authorise(principal, action, { project: version.project });
  return version;
}

export const isForeign = (principal: Principal, project: string): boolean =>
  principal.project !== null && principal.project !== project;

const isTaken = (error: unknown): boolean => error instanceof SluiceError && error.code === "already_exists";

/** The number in a list's cursor. */
export const numberOf = (key: string | undefined): number | undefined => {
  const number = Number(key);
  return key === undefined || !Number.isSafeInteger(number) ? undefined : number;
};

export const pageOfNumbered = <Row extends { id: number }>(rows: readonly Row[], limit: number): Page<Row> =>
  toPage(
    rows,
    limit,
    (row) => String(row.id),
    (row) => row,
  );

/** One more than the largest name that is a number. */
async function nextVersion(db: Db, { artifactId, id }: StoredModel): Promise<string> {
  const named = await db
    .selectFrom("model_versions")
    .select("version")
    .where("model_id", "=", id)
    .union(db.selectFrom("versions").select("version").where("artifact_id", "=", artifactId))
    .execute();
  const numbers = named.map(({ version }) => Number(version)).filter(Number.isSafeInteger);
  return String(Math.max(0, ...numbers) + 1);
}

/** Those that a version of `/v1` names. */
const filesOf = (spec: object): ModelFile[] =>
  "manifest" in spec && Array.isArray(spec.manifest) ? (spec.manifest as ModelFile[]) : [];
