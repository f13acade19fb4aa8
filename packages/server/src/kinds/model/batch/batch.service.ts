import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import {
  type BatchFormat,
  formatOfName,
  type Instant,
  invalidField,
  parseField,
  parseStoragePath,
  SluiceError,
  storagePath,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { type Action, authorise, projectOf } from "../../../access/authorise.ts";
import type { Principal } from "../../../access/principal.ts";
import { appendAudit } from "../../../audit/audit.store.ts";
import type { Database } from "../../../db/schema.ts";
import { keyOfCursor, type Page } from "../../../http/page.ts";
import { noObject, type ObjectStore } from "../../../storage/object-store.ts";
import type { ModelDeploymentService } from "../deployment/deployment.service.ts";
import { isForeign, numberOf, pageOfNumbered } from "../model.service.ts";
import { readForm } from "../upload/upload.form.ts";
import { type batchBody, batchFields } from "./batch.schema.ts";
import { endBatch, findBatch, insertBatch, listBatches, nextBatch, type StoredBatch } from "./batch.store.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  storage: ObjectStore;
  bucket: string;
  uploadLimit: number;
  deployments: ModelDeploymentService;
}

type Input = ReturnType<typeof batchBody.parse>;

export type BatchService = ReturnType<typeof createBatchService>;

/** Jobs that ask a model for every line of a file. */
export function createBatchService({ db, clock, storage, bucket, uploadLimit, deployments }: Deps) {
  const require = async (principal: Principal, action: Action, id: number): Promise<StoredBatch> => {
    const batch = await findBatch(db, id);
    if (batch === undefined || isForeign(principal, batch.project)) {
      throw new SluiceError("not_found", `batch ${id} does not exist`);
    }
    authorise(principal, action, batch);
    return batch;
  };

  const create = async (principal: Principal, input: Input): Promise<StoredBatch> => {
    const deployment = await deployments.get(principal, input.deployment_id);
    authorise(principal, "deployment.write", deployment);
    const place = parseStoragePath(input.input, "input");
    if (place.bucket !== bucket || !place.key.startsWith(`${deployment.project}/`)) {
      throw invalidField("input", input.input, `a file of the project, s3://${bucket}/${deployment.project}/…`);
    }
    const format = input.format ?? formatOfName(place.key);
    if (format === null) throw invalidField("format", undefined, "ndjson or csv: the name of the input does not tell");
    if ((await storage.stat(place)) === null) throw noObject(place);
    return db.transaction().execute(async (tx) => {
      const id = await nextBatch(tx);
      const output = storagePath({ bucket, key: `${deployment.project}/batches/${id}/output.ndjson` });
      const spec = {
        input: storagePath(place),
        output,
        format,
        batchSize: input.batch_size,
        concurrency: input.concurrency,
      };
      const at = new Date(clock());
      const { project, environment } = deployment;
      await insertBatch(tx, {
        id,
        project,
        environment,
        deploymentId: deployment.id,
        spec,
        createdAt: at,
        createdBy: principal.name,
      });
      const audit = { project, actor: principal.name, subject: String(id), at };
      await appendAudit(tx, {
        ...audit,
        action: "batch.create",
        detail: { deployment: deployment.id, input: spec.input },
      });
      const made = await findBatch(tx, id);
      if (made === undefined) throw new SluiceError("internal", `batch ${id} vanished while it was made`);
      return made;
    });
  };

  return {
    create,

    /** The same with the input in a form: a file, and the fields of the JSON body before it. */
    async createFromForm(principal: Principal, request: IncomingMessage): Promise<StoredBatch> {
      const fields: Record<string, string> = {};
      let input: { path: string; format: BatchFormat | null } | null = null;
      const place = { bucket, key: "" };
      await readForm(request, {
        field: (name, value) => {
          fields[name] = value;
        },
        keep: async ({ field, name, content }) => {
          if (input !== null) throw invalidField(field, name, "one file");
          const asked = parseField(batchFields, fields);
          const { project } = await deployments.get(principal, asked.deployment_id);
          authorise(principal, "deployment.write", { project });
          place.key = `${project}/inputs/${randomUUID()}/${name}`;
          await storage.put(place, limited(content, uploadLimit));
          input = { path: storagePath(place), format: formatOfName(name) };
        },
      });
      const found = input as { path: string; format: BatchFormat | null } | null;
      if (found === null) throw invalidField("file", undefined, "a file of NDJSON or CSV");
      try {
        const asked = parseField(batchFields, fields);
        return await create(principal, { ...asked, input: found.path });
      } catch (error) {
        await storage.remove(place);
        throw error;
      }
    },

    get: (principal: Principal, id: number): Promise<StoredBatch> => require(principal, "deployment.read", id),

    async list(
      principal: Principal,
      query: { project?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredBatch>> {
      const project = projectOf(principal, query.project);
      const environment = principal.environment ?? undefined;
      authorise(principal, "deployment.read", { project, ...(environment !== undefined && { environment }) });
      const before = numberOf(keyOfCursor(query.cursor));
      return pageOfNumbered(
        await listBatches(db, { project, environment, before, limit: query.limit + 1 }),
        query.limit,
      );
    },

    /** Ends a job where it is; what is over stays as it is. */
    async cancel(principal: Principal, id: number): Promise<StoredBatch> {
      const batch = await require(principal, "deployment.write", id);
      await db.transaction().execute(async (tx) => {
        const at = new Date(clock());
        if (!(await endBatch(tx, id, { status: "cancelled", reason: `cancelled by ${principal.name}` }, at))) return;
        const audit = { project: batch.project, actor: principal.name, subject: String(id), at };
        await appendAudit(tx, { ...audit, action: "batch.cancel", detail: { lines: batch.lines } });
      });
      return require(principal, "deployment.read", id);
    },

    /** The results of a job that is completed. Throws `failed_precondition` for others. */
    async output(principal: Principal, id: number): Promise<Readable> {
      const { status, spec } = await require(principal, "deployment.read", id);
      if (status === "completed") return storage.get(parseStoragePath(spec.output));
      throw new SluiceError(
        "failed_precondition",
        `batch ${id} is ${status}; its output is there once it is completed`,
      );
    },
  };
}

function limited(content: Readable, most: number): Readable {
  let left = most;
  return content.map((chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0)
      throw new SluiceError("resource_exhausted", `the file is larger than ${most} bytes (SLUICE_UPLOAD_LIMIT)`);
    return chunk;
  });
}
