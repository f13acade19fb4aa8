import { invalidField, type JobOptions, type RunnableSpec, SluiceError, type VersionSpec } from "@sluice/core";
import type { Kysely } from "kysely";
import { projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import { requireDeployment } from "../deployment/deployment.lookup.ts";
import { requireArtifact, requireVersion } from "../deployment/references.ts";
import { findRevision } from "../revision/revision.store.ts";
import type { WorkflowRuns } from "../workflow/run.service.ts";
import type { StoredRun } from "../workflow/run.store.ts";
import { jobSpec, PLAIN_CONFIG } from "./job.spec.ts";

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

/** Throws `not_found` for what does not exist, `failed_precondition` for a version that is no job. */
export type JobStarter = (principal: Principal, request: StartJob) => Promise<StoredRun>;

interface Deps {
  db: Kysely<Database>;
  workflows: Pick<WorkflowRuns, "startSpec">;
}

/** A job is a run of one stage; all that differs is what it is made of. */
export function createJobStarter({ db, workflows }: Deps): JobStarter {
  return async (principal, request) => {
    const { project, artifact, version, environment, deployment, env, triggeredBy, ...options } = request;
    const found =
      deployment === undefined
        ? await versionNamed(principal, { project, artifact, version, environment })
        : await servedBy(principal, { id: deployment, project, environment });
    const spec = jobOf(found.spec, `version ${found.version} of ${found.artifact}`);
    const config = { ...found.config, env: { ...found.config.env, ...env } };
    const { spec: _spec, config: _config, project: where, environment: of, ...about } = found;
    return workflows.startSpec(principal, {
      ...{ kind: "job", project: where, name: found.artifact, environment: of, triggeredBy },
      spec: jobSpec(spec, config, options),
      retriesLeft: options.backoffLimit,
      about: { ...about, ...options },
    });
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
    asked: { id: string; project?: string | undefined; environment?: string | undefined },
  ) {
    const deployment = await requireDeployment(db, principal, "deployment.read", asked);
    const { id, name, project, environment, artifact, stableRevision } = deployment;
    const revision = stableRevision === null ? null : await findRevision(db, id, stableRevision);
    if (revision === null) throw new SluiceError("failed_precondition", `deployment ${name} serves no version yet`);
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
