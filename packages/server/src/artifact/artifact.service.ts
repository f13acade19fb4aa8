import {
  type ArtifactKind,
  type Change,
  diff,
  digestOf,
  type Instant,
  parseField,
  SluiceError,
  specSchemaFor,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { VERSION_ADMISSION } from "../kinds/admission.ts";
import { requireProject } from "../project/project.store.ts";
import { findArtifact, insertArtifact, listArtifacts, type StoredArtifact } from "./artifact.store.ts";
import { type Delivery, listDeliveries } from "./delivery.store.ts";
import { listVersionsBySemver } from "./semver.order.ts";
import { findVersion, insertVersion, listVersions, type StoredVersion } from "./version.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

export const VERSION_SORTS = ["newest", "semver"] as const;

export type VersionSort = (typeof VERSION_SORTS)[number];

export interface ArtifactInput extends Key {
  kind: ArtifactKind;
  labels: Record<string, string>;
}

export interface VersionInput {
  version: string;
  spec: unknown;
  source: object | null;
}

export interface ArtifactQuery extends PageQuery {
  project?: string | undefined;
  kind?: ArtifactKind | undefined;
  label?: Record<string, string> | undefined;
}

export type ArtifactService = ReturnType<typeof createArtifactService>;

export function createArtifactService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  const read = (principal: Principal, key: Key): Promise<StoredArtifact> => {
    const project = projectOf(principal, key.project);
    authorise(principal, "artifact.read", { project });
    return requireArtifact(db, project, key.name);
  };

  return {
    async create(principal: Principal, input: ArtifactInput): Promise<StoredArtifact> {
      const { name, kind, labels } = input;
      const project = projectOf(principal, input.project);
      authorise(principal, "artifact.write", { project });
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const artifact = await insertArtifact(tx, { id: newId("art"), project, name, kind, labels, createdAt: at });
        if (artifact === undefined)
          throw new SluiceError("already_exists", `artifact ${name} exists already in project ${project}`);
        const audit = { project, actor: principal.name, subject: artifact.id, at };
        await appendAudit(tx, { ...audit, action: "artifact.create", detail: { name, kind, labels } });
        return artifact;
      });
    },

    async list(principal: Principal, query: ArtifactQuery): Promise<Page<StoredArtifact>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "artifact.read", { project });
      const { kind, label } = query;
      const after = keyOfCursor(query.cursor);
      const rows = await listArtifacts(db, { project, kind, label, after, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    get: read,

    /**
     * Adds a version, for ever. The same content again answers the one that is there (`created` false).
     * Throws `already_exists` for other content, `invalid_argument` for a spec that does not suit the kind.
     */
    async createVersion(
      principal: Principal,
      key: Key,
      input: VersionInput,
    ): Promise<{ artifact: StoredArtifact; version: StoredVersion; created: boolean }> {
      const project = projectOf(principal, key.project);
      authorise(principal, "artifact.write", { project });
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        const artifact = await requireArtifact(tx, project, key.name);
        const spec = parseField(specSchemaFor(artifact.kind, input.spec), input.spec, "spec");
        VERSION_ADMISSION[artifact.kind](spec);
        const digest = digestOf(spec);
        const { version, source } = input;
        const fresh = { id: newId("ver"), version, digest, spec, source, createdAt: at, createdBy: principal.name };
        const inserted = await insertVersion(tx, artifact.id, fresh);
        if (inserted === undefined) {
          const existing = await requireVersion(tx, artifact, version);
          if (existing.digest === digest) return { artifact, version: existing, created: false };
          const why = `version ${version} of ${artifact.name} has the content ${existing.digest}, this one has ${digest}`;
          throw new SluiceError("already_exists", `${why}; a version never changes, so give this one another name`);
        }
        const audit = { project, actor: principal.name, subject: inserted.id, at };
        const detail = { artifact: artifact.name, version, digest, source };
        await appendAudit(tx, { ...audit, action: "version.create", detail });
        return { artifact, version: inserted, created: true };
      });
    },

    /** Newest first, or by Semantic Versioning, highest first. */
    async listVersions(
      principal: Principal,
      key: Key,
      query: PageQuery & { sort?: VersionSort | undefined },
    ): Promise<{ artifact: StoredArtifact; page: Page<StoredVersion> }> {
      const artifact = await read(principal, key);
      const before = keyOfCursor(query.cursor);
      const limit = query.limit + 1;
      const rows =
        query.sort === "semver"
          ? await listVersionsBySemver(db, { artifactId: artifact.id, after: before, limit })
          : await listVersions(db, { artifactId: artifact.id, before, limit });
      return {
        artifact,
        page: toPage(
          rows,
          query.limit,
          (row) => row.id,
          (row) => row,
        ),
      };
    },

    /** Which version went where and when, newest first. A token of one environment sees what went there. */
    async deliveries(
      principal: Principal,
      key: Key,
      query: PageQuery & { environment?: string | undefined; version?: string | undefined },
    ): Promise<Page<Delivery>> {
      const artifact = await read(principal, key);
      const environment = query.environment ?? principal.environment;
      const { project } = artifact;
      authorise(principal, "rollout.read", { project, ...(environment !== null && { environment }) });
      const before = keyOfCursor(query.cursor);
      const filter = { artifactId: artifact.id, environment, version: query.version, before };
      const rows = await listDeliveries(db, { ...filter, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.rollout,
        (row) => row,
      );
    },

    async getVersion(
      principal: Principal,
      key: Key,
      version: string,
    ): Promise<{ artifact: StoredArtifact; version: StoredVersion }> {
      const artifact = await read(principal, key);
      return { artifact, version: await requireVersion(db, artifact, version) };
    },

    async diffVersions(principal: Principal, key: Key, versions: { from: string; to: string }): Promise<Change[]> {
      const artifact = await read(principal, key);
      const from = await requireVersion(db, artifact, versions.from);
      const to = await requireVersion(db, artifact, versions.to);
      return diff(from.spec, to.spec);
    },
  };
}

async function requireArtifact(db: Db, project: string, name: string): Promise<StoredArtifact> {
  const artifact = await findArtifact(db, project, name);
  if (artifact === undefined)
    throw new SluiceError("not_found", `artifact ${name} does not exist in project ${project}`);
  return artifact;
}

async function requireVersion(db: Db, artifact: StoredArtifact, version: string): Promise<StoredVersion> {
  const found = await findVersion(db, artifact.id, version);
  if (found === undefined) throw new SluiceError("not_found", `artifact ${artifact.name} has no version ${version}`);
  return found;
}
