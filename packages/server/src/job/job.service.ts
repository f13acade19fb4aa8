import { invalidField, type RunnableSpec, SluiceError, type VersionSpec } from "@sluice/core";
import type { Kysely } from "kysely";
import { projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import type { DeploymentQueries } from "../deployment/deployment.query.ts";
import { requireArtifact, requireVersion } from "../deployment/references.ts";
import type { Page } from "../http/page.ts";
import { findRevision } from "../revision/revision.store.ts";
import { attemptsOf, type StoredAttempt } from "../workflow/attempt.store.ts";
import type { WorkflowFiles } from "../workflow/run.files.service.ts";
import type { RunQuery, WorkflowRuns } from "../workflow/run.service.ts";
import type { StoredRun } from "../workflow/run.store.ts";
import { type JobOptions, jobSpec, PLAIN_CONFIG } from "./job.spec.ts";

/** What begins a job: a version, or what a deployment serves, with its configuration. */
export interface StartJob extends JobOptions {
  project?: string | undefined;
  artifact?: string | undefined;
  version?: string | undefined;
  environment?: string | undefined;
  deployment?: string | undefined;
  env: Record<string, string>;
  triggeredBy?: string | undefined;
}

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
  deployments: DeploymentQueries;
}

/** Jobs are runs of one stage; all that differs is what they are made of, and how they are shown. */
export function createJobService({ db, workflows, deployments }: Deps): JobService {
  const whole = async (stored: StoredRun): Promise<Job> => ({ stored, attempts: await attemptsOf(db, stored.run.id) });

  return {
    async start(principal, request) {
      const { project, artifact, version, environment, deployment, env, triggeredBy, ...options } = request;
      const found =
        deployment === undefined
          ? await versionNamed(principal, { project, artifact, version, environment })
          : await servedBy(principal, { id: deployment, project, environment });
      const spec = jobOf(found.spec, `version ${found.version} of ${found.artifact}`);
      const config = { ...found.config, env: { ...found.config.env, ...env } };
      const { spec: _spec, config: _config, project: where, environment: of, ...about } = found;
      const stored = await workflows.startSpec(principal, {
        ...{ kind: "job", project: where, name: found.artifact, environment: of, triggeredBy },
        spec: jobSpec(spec, config, options),
        retriesLeft: options.backoffLimit,
        about: { ...about, ...options },
      });
      return { stored, attempts: [] };
    },
    list: (principal, query) => workflows.listRuns(principal, { ...query, kind: "job" }),
    get: async (principal, id) => whole(await workflows.getRun(principal, id, "job")),
    cancel: async (principal, id, comment) => whole(await workflows.cancelRun(principal, id, "job", { comment })),
    logs: workflows.logs,
  };

  async function versionNamed(principal: Principal, asked: Omit<StartJob, keyof JobOptions | "env">) {
    const { artifact, version, environment = principal.environment ?? "" } = asked;
    if (artifact === undefined)
      throw invalidField("artifact", artifact, "an artifact with its version, or a deployment");
    if (version === undefined) throw invalidField("version", version, `a version of ${artifact}`);
    const project = projectOf(principal, asked.project);
    const found = await requireArtifact(db, project, artifact);
    const { spec } = await requireVersion(db, found, version);
    return { project, artifact, version, environment, deployment: null, revision: null, spec, config: PLAIN_CONFIG };
  }

  async function servedBy(
    principal: Principal,
    name: { id: string; project?: string | undefined; environment?: string | undefined },
  ) {
    const { deployment } = await deployments.get(principal, name);
    const { id, project, environment, artifact, stableRevision } = deployment;
    const revision = stableRevision === null ? null : await findRevision(db, id, stableRevision);
    if (revision === null)
      throw new SluiceError("failed_precondition", `deployment ${deployment.name} serves no version yet`);
    const { version, spec, config, number } = revision;
    return { project, artifact, version, environment, deployment: id, revision: number, spec, config };
  }
}

/** Throws `failed_precondition` unless the version says that it is a job. */
function jobOf(spec: VersionSpec, which: string): RunnableSpec {
  if (!("env" in spec) || !("command" in spec) || spec.command === undefined) {
    throw new SluiceError("failed_precondition", `${which} holds no command that could be run`);
  }
  const { process = "service" } = spec;
  if (process === "job") return spec;
  throw new SluiceError("failed_precondition", `${which} is a ${process}; a job's version says "process": "job"`);
}
