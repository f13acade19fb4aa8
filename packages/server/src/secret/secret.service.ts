import { type Instant, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { createSealer, sealingKey } from "./seal.ts";
import {
  deleteSecret,
  findSecret,
  insertSecretVersion,
  listSecrets,
  nextVersion,
  type StoredSecret,
  usersOf,
} from "./secret.store.ts";
import { about } from "./secret.values.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

export type SecretService = ReturnType<typeof createSecretService>;

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: Pick<Config, "secretKey" | "dataDir">;
}

/** Values go in and never come out here: only programs get them. */
export function createSecretService({ db, clock, config }: Deps) {
  const read = async (principal: Principal, { project: asked, name }: Key): Promise<StoredSecret> => {
    const project = projectOf(principal, asked);
    authorise(principal, "secret.read", { project });
    const secret = await findSecret(db, project, name);
    if (secret === undefined) throw new SluiceError("not_found", `secret ${name} does not exist in project ${project}`);
    return secret;
  };

  return {
    get: read,

    async list(
      principal: Principal,
      query: { project?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredSecret>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "secret.read", { project });
      const rows = await listSecrets(db, { project, after: keyOfCursor(query.cursor), limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    /** Writes the next value. What runs keeps the one it was made with until a rollout brings the new one. */
    async write(principal: Principal, key: Key, value: string): Promise<{ secret: StoredSecret; users: string[] }> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      authorise(principal, "secret.write", { project });
      const sealer = createSealer(await sealingKey(config));
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const version = await nextVersion(tx, project, name, at);
        const sealed = sealer.seal(value, about(project, name, version));
        await insertSecretVersion(tx, { project, name, version, sealed, by: principal.name, at });
        const action = version === 1 ? "secret.create" : "secret.rotate";
        await appendAudit(tx, { project, actor: principal.name, action, subject: name, detail: { version }, at });
        const secret = await findSecret(tx, project, name);
        if (secret === undefined)
          throw new SluiceError("internal", `secret ${name} vanished while it was being written`);
        return { secret, users: version === 1 ? [] : await usersOf(tx, project, name) };
      });
    },

    /** Throws `failed_precondition` while a revision names it: it could not be returned to. */
    async remove(principal: Principal, key: Key): Promise<void> {
      const project = projectOf(principal, key.project);
      authorise(principal, "secret.write", { project });
      const { name } = await read(principal, { project, name: key.name });
      await db.transaction().execute(async (tx) => {
        const users = await usersOf(tx, project, name);
        if (users.length > 0) {
          throw new SluiceError(
            "failed_precondition",
            `secret ${name} is named by revisions of ${users.join(", ")}; delete these deployments first, or rotate the secret`,
          );
        }
        await deleteSecret(tx, project, name);
        const audit = { project, actor: principal.name, action: "secret.delete", subject: name, detail: {} };
        await appendAudit(tx, { ...audit, at: new Date(clock()) });
      });
    },
  };
}
