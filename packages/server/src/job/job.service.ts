import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import type { Page } from "../http/page.ts";
import { attemptsOf, type StoredAttempt } from "../workflow/attempt.store.ts";
import type { WorkflowFiles } from "../workflow/run.files.service.ts";
import type { RunQuery, WorkflowRuns } from "../workflow/run.service.ts";
import type { StoredRun } from "../workflow/run.store.ts";
import { createJobStarter, type StartJob } from "./job.start.ts";

export interface Job {
  stored: StoredRun;
  attempts: StoredAttempt[];
}

export interface JobService {
  /** Throws `not_found` for what does not exist, `failed_precondition` for a version that is no job. */
  start(principal: Principal, request: StartJob): Promise<Job>;
  list(principal: Principal, query: Omit<RunQuery, "kind">): Promise<Page<StoredRun>>;
  get(principal: Principal, id: string): Promise<Job>;
  cancel(principal: Principal, id: string, comment: string): Promise<Job>;
  logs: WorkflowFiles["logs"];
}

interface Deps {
  db: Kysely<Database>;
  workflows: WorkflowRuns & WorkflowFiles;
}

/** What is asked of jobs; how one begins is `job.start.ts`. */
export function createJobService({ db, workflows }: Deps): JobService {
  const start = createJobStarter({ db, workflows });
  const whole = async (stored: StoredRun): Promise<Job> => ({ stored, attempts: await attemptsOf(db, stored.run.id) });

  return {
    start: async (principal, request) => ({ stored: await start(principal, request), attempts: [] }),
    list: (principal, query) => workflows.listRuns(principal, { ...query, kind: "job" }),
    get: async (principal, id) => whole(await workflows.getRun(principal, id, "job")),
    cancel: async (principal, id, comment) => whole(await workflows.cancelRun(principal, id, "job", { comment })),
    logs: workflows.logs,
  };
}
