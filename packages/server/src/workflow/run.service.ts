import {
  assertRunAllows,
  cancelRun,
  createRun,
  type InputValues,
  type Instant,
  inputsOf,
  judgeStage,
  type RunEvent,
  type RunRef,
  retryRun,
  runRefSchema,
  SluiceError,
  type WorkflowRun,
  type WorkflowSpec,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { type Action, authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { requireEnvironment } from "../deployment/references.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { reportRun } from "./run.events.ts";
import { findRun, insertRun, listRuns, lockRun, type RunKind, type StoredRun, saveRun } from "./run.store.ts";
import { requireWorkflow } from "./workflow.service.ts";

/** What begins a run. */
export interface StartRun {
  project?: string | undefined;
  /** Of the workflow. */
  name: string;
  /** Default: the newest. */
  version?: number | undefined;
  inputs?: InputValues | undefined;
  /** Default: the workflow's. */
  environment?: string | undefined;
  ref?: { [Name in keyof RunRef]?: string | undefined } | undefined;
  /** Who or what is named as having started it. Default: the principal. */
  triggeredBy?: string | undefined;
}

/** A run of something that is no stored workflow, such as a job. */
export interface StartSpec {
  kind: RunKind;
  project: string;
  name: string;
  spec: WorkflowSpec;
  environment: string;
  retriesLeft: number | null;
  about: Record<string, unknown>;
  triggeredBy?: string | undefined;
}

export interface RunQuery {
  project?: string | undefined;
  kind: RunKind;
  name?: string | undefined;
  environment?: string | undefined;
  status?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

interface Words {
  comment?: string | undefined;
  stage?: string | undefined;
}

export interface WorkflowRuns {
  /**
   * Starts a run of a workflow; it goes on by itself, on behalf of the principal. Throws `not_found` for a workflow that does
   * not exist, `invalid_argument` for inputs that it does not take.
   */
  start(principal: Principal, request: StartRun): Promise<StoredRun>;
  startSpec(principal: Principal, request: StartSpec): Promise<StoredRun>;
  listRuns(principal: Principal, query: RunQuery): Promise<Page<StoredRun>>;
  /** Throws `not_found`, also for one of another kind. */
  getRun(principal: Principal, id: string, kind: RunKind): Promise<StoredRun>;
  cancelRun(principal: Principal, id: string, kind: RunKind, words: Words): Promise<StoredRun>;
  /** Begins a new run of what did not go well in one that has ended; the rest is carried over. */
  retryRun(principal: Principal, id: string, kind: RunKind): Promise<StoredRun>;
  judgeRun(principal: Principal, id: string, decision: Words & { approved: boolean }): Promise<StoredRun>;
}

export function createWorkflowRuns({ db, clock }: { db: Kysely<Database>; clock: () => Instant }): WorkflowRuns {
  const start = async (
    principal: Principal,
    fresh: Omit<StoredRun, "rowVersion" | "node">,
    node: string | null = null,
  ) =>
    db.transaction().execute(async (tx) => {
      const { run, kind } = fresh;
      if (run.environment !== "") await requireEnvironment(tx, run.project, run.environment);
      await insertRun(tx, { ...fresh, node });
      const detail = { name: run.workflow, version: run.version, environment: run.environment, retryOf: run.retryOf };
      await reportRun(tx, run, [queuedEvent(run)], clock());
      await audit(tx, principal, run, `${kind}.start`, detail);
      return { ...fresh, node, rowVersion: 0 };
    });

  const audit = (tx: Db, principal: Principal, run: WorkflowRun, action: string, detail: Record<string, unknown>) =>
    appendAudit(tx, {
      ...{ project: run.project, actor: principal.name, action, subject: run.id, detail },
      at: new Date(clock()),
    });

  const change = async (
    principal: Principal,
    { id, kind, action, command, words }: { id: string; kind: RunKind; action: Action; command: string; words: Words },
    how: (stored: StoredRun, now: Instant) => { run: WorkflowRun; events: RunEvent[] },
  ) =>
    db.transaction().execute(async (tx) => {
      const stored = visible(principal, action, { id, kind }, await lockRun(tx, id));
      const now = clock();
      const { run, events } = how(stored, now);
      await saveRun(tx, run, stored.rowVersion, new Date(now));
      await reportRun(tx, run, events, now);
      await audit(tx, principal, run, `${kind}.${command}`, { ...words });
      return { ...stored, run, rowVersion: stored.rowVersion + 1 };
    });

  return {
    async start(principal, request) {
      const project = projectOf(principal, request.project);
      authorise(principal, "workflow.read", { project });
      await requireProject(db, project);
      const { spec, version } = await requireWorkflow(db, project, request.name, request.version);
      const environment = request.environment ?? spec.environment ?? "";
      mayRun(principal, project, environment);
      const { shown, secrets } = inputsOf(spec, request.inputs ?? {});
      const run = createRun(
        {
          ...{ id: newId("wfr"), project, workflow: request.name, version, spec, inputs: shown, environment },
          ref: runRefSchema.parse(request.ref ?? {}),
          triggeredBy: request.triggeredBy ?? principal.name,
        },
        clock(),
      );
      return start(principal, { kind: "workflow", run, spec, secrets, principal, about: {} });
    },

    async startSpec(principal, { kind, project, name, spec, environment, retriesLeft, about, triggeredBy }) {
      mayRun(principal, project, environment);
      const run = createRun(
        {
          ...{ id: newId("job"), project, workflow: name, version: null, spec, inputs: {}, environment, retriesLeft },
          ref: runRefSchema.parse({}),
          triggeredBy: triggeredBy ?? principal.name,
        },
        clock(),
      );
      return start(principal, { kind, run, spec, secrets: {}, principal, about });
    },

    async listRuns(principal, query) {
      const project = projectOf(principal, query.project);
      const environment = query.environment ?? principal.environment ?? undefined;
      authorise(principal, "workflow.read", { project, ...(environment !== undefined && { environment }) });
      const before = keyOfCursor(query.cursor);
      const rows = await listRuns(db, { ...query, project, environment, before, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        ({ run }) => run.id,
        (row) => row,
      );
    },

    getRun: async (principal, id, kind) => visible(principal, "workflow.read", { id, kind }, await findRun(db, id)),

    cancelRun: (principal, id, kind, words) =>
      change(principal, { id, kind, action: "workflow.run", command: "cancel", words }, ({ run }, now) =>
        cancelRun(run, { actor: principal.name, comment: words.comment ?? "", now }),
      ),

    judgeRun: (principal, id, { approved, ...words }) =>
      change(
        principal,
        { id, kind: "workflow", action: "workflow.approve", command: approved ? "approve" : "reject", words },
        ({ run, spec }, now) => {
          const { comment = "", stage } = words;
          return judgeStage(spec, run, { actor: principal.name, comment, now, stage, approved });
        },
      ),

    async retryRun(principal, id, kind) {
      const stored = visible(principal, "workflow.run", { id, kind }, await findRun(db, id));
      assertRunAllows(stored.run, "retry");
      const request = { id: newId(kind === "job" ? "job" : "wfr"), triggeredBy: principal.name };
      const run = retryRun(stored.run, request, clock());
      // What is carried over lies in the folder of the server that ran it.
      return start(principal, { ...stored, run, principal }, stored.node);
    },
  };
}

/** Commands run on the server, for no environment or for one: a token of one environment starts what is for that one. */
function mayRun(principal: Principal, project: string, environment: string): void {
  authorise(principal, "workflow.run", { project, ...(environment !== "" && { environment }) });
  if (environment === "" && principal.environment !== null) {
    const why = `the token is for environment ${principal.environment}, and this run names none`;
    throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  }
}

/** Throws `not_found` for one that does not exist, or belongs to a project the principal knows nothing of. */
function visible(
  principal: Principal,
  action: Action,
  { id, kind }: { id: string; kind: RunKind },
  stored: StoredRun | null,
): StoredRun {
  if (
    stored === null ||
    stored.kind !== kind ||
    (principal.project !== null && principal.project !== stored.run.project)
  ) {
    throw new SluiceError("not_found", `${kind === "job" ? "job" : "run"} ${id} does not exist`);
  }
  const { project, environment } = stored.run;
  authorise(principal, action, { project, ...(environment !== "" && { environment }) });
  return stored;
}

const queuedEvent = (run: WorkflowRun): RunEvent => ({
  type: "workflow.run.queued",
  message: `run ${run.id} of ${run.workflow} was started by ${run.triggeredBy}`,
  alert: false,
  stage: null,
  task: null,
});
