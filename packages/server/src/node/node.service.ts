import { hostname } from "node:os";
import { type Instant, type LabelledNode, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Config } from "../config.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { deleteNode, insertNode, labelNode, listNodes, type StoredNode } from "./node.store.ts";

/** The machine that the server is on. */
export const LOCAL_NODE = "local";

export interface NodeInPlace extends LabelledNode {
  local: boolean;
  stored: StoredNode | null;
}

export interface NodeService {
  list(principal: Principal): Promise<NodeInPlace[]>;
  get(principal: Principal, name: string): Promise<NodeInPlace>;
  create(principal: Principal, node: LabelledNode): Promise<NodeInPlace>;
  label(principal: Principal, node: LabelledNode): Promise<NodeInPlace>;
  remove(principal: Principal, name: string): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: Pick<Config, "nodeLabels">;
}

/** Every node: this machine first, the others by name. */
export async function allNodes(db: Db, { nodeLabels }: Pick<Config, "nodeLabels">): Promise<NodeInPlace[]> {
  const local = { name: LOCAL_NODE, labels: { hostname: hostname(), ...nodeLabels }, local: true, stored: null };
  const stored = await listNodes(db);
  return [local, ...stored.map((node) => ({ name: node.name, labels: node.labels, local: false, stored: node }))];
}

/** Nodes belong to nobody's project: every reader sees them, and only an administrator of all projects changes them. */
export function createNodeService({ db, clock, config }: Deps): NodeService {
  const find = async (name: string): Promise<NodeInPlace> => {
    const found = (await allNodes(db, config)).find((node) => node.name === name);
    if (found === undefined) throw new SluiceError("not_found", `node ${name} does not exist`);
    return found;
  };

  /** One transaction: the change, then its entry in the audit of project `default`. */
  const change = (
    principal: Principal,
    action: string,
    subject: string,
    detail: object,
    work: (tx: Db) => Promise<void>,
  ) =>
    db.transaction().execute(async (tx) => {
      await work(tx);
      const entry = { project: "default", actor: principal.name, action, subject, detail: { ...detail } };
      await appendAudit(tx, { ...entry, at: new Date(clock()) });
    });

  return {
    async list(principal) {
      admitReader(principal);
      return allNodes(db, config);
    },
    async get(principal, name) {
      admitReader(principal);
      return find(name);
    },
    async create(principal, { name, labels }) {
      admitWriter(principal);
      if (name === LOCAL_NODE) throw new SluiceError("already_exists", "node local is the machine of the server");
      await change(principal, "node.create", name, { labels }, async (tx) => {
        const node = { name, labels: { ...labels }, createdAt: new Date(clock()), createdBy: principal.name };
        if (!(await insertNode(tx, node))) throw new SluiceError("already_exists", `node ${name} exists already`);
      });
      return find(name);
    },
    async label(principal, { name, labels }) {
      admitWriter(principal);
      assertNotLocal(name, "its labels are set by SLUICE_NODE_LABELS");
      await change(principal, "node.label", name, { labels }, async (tx) => {
        if (!(await labelNode(tx, name, { ...labels })))
          throw new SluiceError("not_found", `node ${name} does not exist`);
      });
      return find(name);
    },
    async remove(principal, name) {
      admitWriter(principal);
      assertNotLocal(name, "it is there as long as the server is");
      await change(principal, "node.delete", name, {}, async (tx) => {
        if (!(await deleteNode(tx, name))) throw new SluiceError("not_found", `node ${name} does not exist`);
      });
    },
  };
}

const admitReader = (principal: Principal): void =>
  authorise(principal, "node.read", { project: projectOf(principal, undefined) });

function admitWriter(principal: Principal): void {
  authorise(principal, "node.write", { project: projectOf(principal, undefined) });
  if (principal.project === null) return;
  const why = `nodes serve all projects, the token is for project ${principal.project}`;
  throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
}

function assertNotLocal(name: string, why: string): void {
  if (name === LOCAL_NODE)
    throw new SluiceError("failed_precondition", `node local is the machine of the server: ${why}`);
}
