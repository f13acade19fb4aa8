import { canonicalJson, diff, type GateSpec, type Instant, SluiceError } from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { type KeyConfig, type Sealer, sealerOf } from "../secret/seal.ts";
import { checkGate } from "./gate.check.ts";
import { openGate, sealGate, withoutSecrets, withSecrets } from "./gate.secrets.ts";
import {
  countGates,
  deleteGate,
  findGate,
  insertGate,
  listGates,
  lockGate,
  MAX_GATES,
  replaceGate,
  type StoredGate,
  waitingAtGates,
} from "./gate.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

export interface GateQuery {
  project?: string | undefined;
  artifact?: string | undefined;
  environment?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

type Verb = "create" | "update" | "delete";

const DONE: Readonly<Record<Verb, string>> = { create: "created", update: "updated", delete: "deleted" };

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: KeyConfig;
}

export type GateService = ReturnType<typeof createGateService>;

/** Gates as people write them. Every answer has the values of webhooks' headers hidden. */
export function createGateService({ db, clock, config }: Deps) {
  const create = async (
    tx: Transaction<Database>,
    { principal, project, name, sealer }: Sealed,
    spec: GateSpec,
    at: Date,
  ) => {
    if ((await countGates(tx, project)) >= MAX_GATES) {
      throw new SluiceError("resource_exhausted", `project ${project} has ${MAX_GATES} gates, as many as it may have`);
    }
    const full = withSecrets(spec, null);
    const kept = sealGate(sealer, { project, name }, full);
    if (!(await insertGate(tx, { project, name, ...kept, at }))) return null;
    await report(tx, {
      principal,
      project,
      name,
      verb: "create",
      specs: [full],
      at,
      detail: { spec: kept.spec },
    });
    return { project, name, ...kept, createdAt: at, updatedAt: at };
  };

  return {
    /** By name: every gate that is asked of the artifact and in the environment, where those are given. */
    async list(principal: Principal, query: GateQuery): Promise<Page<StoredGate>> {
      const project = projectOf(principal, query.project);
      const environment = query.environment ?? principal.environment ?? undefined;
      authorise(principal, "gate.read", { project, ...(environment !== undefined && { environment }) });
      const after = keyOfCursor(query.cursor);
      const rows = await listGates(db, {
        project,
        artifact: query.artifact,
        environment,
        after,
        limit: query.limit + 1,
      });
      return toPage(rows, query.limit, (row) => row.name, shown);
    },

    async get(principal: Principal, key: Key): Promise<StoredGate> {
      const project = projectOf(principal, key.project);
      authorise(principal, "gate.read", { project });
      const gate = (await findGate(db, project, key.name)) ?? missing(project, key.name);
      const { environment } = gate.spec;
      if (environment !== null) authorise(principal, "gate.read", { project, environment });
      return shown(gate);
    },

    /** Throws `already_exists` when the project has a gate of that name. */
    async create(principal: Principal, key: Key, spec: GateSpec): Promise<StoredGate> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      mayWrite(principal, project, spec);
      const at = new Date(clock());
      const sealer = await sealerOf(config);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        await checkGate(tx, project, spec);
        const gate = await create(tx, { principal, project, name, sealer }, spec, at);
        if (gate === null) {
          throw new SluiceError("already_exists", `gate ${name} exists already in project ${project}`);
        }
        return gate;
      });
    },

    /** Creates the gate, or gives it this specification as a whole. The same again changes nothing. */
    async put(principal: Principal, key: Key, spec: GateSpec): Promise<{ gate: StoredGate; created: boolean }> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      mayWrite(principal, project, spec);
      const at = new Date(clock());
      const sealer = await sealerOf(config);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        await checkGate(tx, project, spec);
        const write = { principal, project, name, sealer };
        const before = await lockGate(tx, project, name);
        if (before === undefined) {
          const gate = await create(tx, write, spec, at);
          if (gate !== null) return { gate, created: true };
          throw new SluiceError("aborted", `gate ${name} was created by somebody else just now; try again`);
        }
        mayWrite(principal, project, before.spec);
        const opened = openGate(sealer, before);
        const full = withSecrets(spec, opened);
        const kept = sealGate(sealer, before, full);
        const isStoredSo = (before.sealed === null) === (kept.sealed === null);
        if (isStoredSo && canonicalJson(opened) === canonicalJson(full)) return { gate: before, created: false };
        await replaceGate(tx, { project, name, ...kept, at });
        const changes = diff(withoutSecrets(opened), withoutSecrets(full));
        await report(tx, { ...write, verb: "update", specs: [opened, full], at, detail: { changes } });
        return { gate: { ...before, ...kept, updatedAt: at }, created: false };
      });
    },

    async remove(principal: Principal, key: Key): Promise<void> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      authorise(principal, "gate.write", { project });
      const at = new Date(clock());
      await db.transaction().execute(async (tx) => {
        const before = (await lockGate(tx, project, name)) ?? missing(project, name);
        mayWrite(principal, project, before.spec);
        await deleteGate(tx, project, name);
        await report(tx, { principal, project, name, verb: "delete", specs: [before.spec], at, detail: {} });
      });
    },
  };
}

const shown = (gate: StoredGate): StoredGate => ({ ...gate, spec: withoutSecrets(gate.spec) });

/** A gate of every environment is not for a token that is limited to one. */
function mayWrite(principal: Principal, project: string, { environment }: GateSpec): void {
  authorise(principal, "gate.write", { project, ...(environment !== null && { environment }) });
  if (environment === null && principal.environment !== null) {
    const why = `the token is for environment ${principal.environment}, this gate is of every environment`;
    throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  }
}

interface Write {
  principal: Principal;
  project: string;
  name: string;
}

interface Sealed extends Write {
  sealer: Sealer;
}

interface Report extends Write {
  verb: Verb;
  /** Before and after: whoever was or is asked looks again. */
  specs: GateSpec[];
  at: Date;
  detail: Record<string, unknown>;
}

async function report(
  tx: Transaction<Database>,
  { principal, project, name, verb, specs, at, detail }: Report,
): Promise<void> {
  const waiting = await Promise.all(specs.map((spec) => waitingAtGates(tx, { project, ...targetOf(spec) })));
  for (const deployment of new Set(waiting.flat())) await wakeDeployment(tx, deployment);
  await appendEvents(tx, [
    {
      project,
      deployment: null,
      rollout: null,
      type: `gate.${DONE[verb]}`,
      message: `gate ${name} was ${DONE[verb]} by ${principal.name}`,
      alert: false,
      data: { gate: name },
      at,
    },
  ]);
  await appendAudit(tx, { project, actor: principal.name, action: `gate.${verb}`, subject: name, detail, at });
}

const targetOf = ({ artifact, environment }: GateSpec) => ({ artifact, environment });

function missing(project: string, name: string): never {
  throw new SluiceError("not_found", `gate ${name} does not exist in project ${project}`);
}
