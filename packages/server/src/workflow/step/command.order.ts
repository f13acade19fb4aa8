import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fillTemplates, plainSecrets, type RunStep, SluiceError } from "@sluice/core";
import { type CommandOrder, commandFolder } from "@sluice/runtimes";
import { type AttemptKey, attemptsOf } from "../attempt.store.ts";
import { commandName } from "./command.paths.ts";
import type { StepContext, StepDeps } from "./step.types.ts";

/** Variables of the server that a command gets. */
const INHERITED = ["PATH", "LANG", "TZ"];

/** What the host has to do for an attempt. Throws `SluiceError` for what the stage asks and cannot get. */
export async function orderOf(deps: StepDeps, context: StepContext, key: AttemptKey): Promise<CommandOrder> {
  const { stored, stage, values } = context;
  if (stage.run === undefined) throw new TypeError(`stage ${stage.name} runs no command`);
  const step = fillTemplates(stage.run, values);
  const env = environmentOf(deps, context, step, key.attempt);
  return {
    ...commandName(deps.dataDir, key),
    command: step.command ?? ["/bin/sh", "-e", "-c", step.script ?? ""],
    env,
    checkout: step.checkout === undefined ? null : await checkoutOf(deps, step.checkout),
    copies: await copiesOf(deps, context, step),
    workdir: step.workdir ?? null,
    artifacts: step.artifacts,
    secrets: [...Object.values(stored.secrets), ...plainSecrets(env).flatMap((name) => env[name] ?? [])],
    limits: step.limits,
    timeoutSeconds: stage.timeoutSeconds,
    stopSeconds: step.stopSeconds,
  };
}

/** What is inherited, then the workflow's, the stage's, and what the run is about. */
function environmentOf({ programEnv }: StepDeps, context: StepContext, step: RunStep, attempt: number) {
  const { stored, stage, values } = context;
  const { run, spec } = stored;
  const inherited = INHERITED.flatMap((name) => (programEnv[name] === undefined ? [] : [[name, programEnv[name]]]));
  const named = (prefix: string, record: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, String(value)]),
    );
  return {
    ...Object.fromEntries(inherited),
    CI: "true",
    ...fillTemplates(spec.env, values),
    ...step.env,
    ...named("INPUT", values.inputs),
    ...named("MATRIX", values.matrix),
    SLUICE_RUN: run.id,
    SLUICE_WORKFLOW: run.workflow,
    SLUICE_STAGE: stage.name,
    SLUICE_ATTEMPT: String(attempt),
    SLUICE_ENVIRONMENT: run.environment,
    SLUICE_BRANCH: run.ref.branch,
    SLUICE_TAG: run.ref.tag,
    SLUICE_COMMIT: run.ref.commit,
  };
}

/** The repository's folder; it must be inside the server's, links resolved. */
async function checkoutOf({ root, dataDir }: StepDeps, { repository, ref }: NonNullable<RunStep["checkout"]>) {
  const base = await realpath(root);
  const folder = await realpath(join(base, repository)).catch(() => null);
  const inside = folder !== null && relative(base, folder).split(sep)[0] !== "..";
  if (folder === null || !inside) {
    throw new SluiceError("not_found", `the folder ${repository} does not exist in the server's`);
  }
  return { repository: folder, ref: ref === undefined || ref === "" ? null : ref, except: [dataDir] };
}

/** The artifacts that the stage uses, where the runs that made them keep them. */
async function copiesOf(deps: StepDeps, { stored }: StepContext, step: RunStep): Promise<CommandOrder["copies"]> {
  const copies: CommandOrder["copies"] = [];
  for (const { stage, artifact, into } of step.use) {
    for (const made of await artifactsOf(deps, stored.run, stage)) {
      const files = made.files.filter(({ name }) => name === artifact);
      if (files.length === 0) continue;
      const from = join(commandFolder(commandName(deps.dataDir, made.key).folder).artifacts, artifact);
      copies.push({ from, into: into ?? ".", files });
    }
  }
  return copies;
}

/** What a stage of the run left behind, combination by combination; of what was carried over, where that ran. */
export async function artifactsOf({ db }: Pick<StepDeps, "db">, run: StepContext["stored"]["run"], stage: string) {
  const made = [];
  for (const task of run.tasks.filter((one) => one.stage === stage)) {
    const key = {
      run: task.carriedFrom?.run ?? run.id,
      task: task.key,
      attempt: task.carriedFrom?.attempt ?? task.attempt,
    };
    const attempt = (await attemptsOf(db, key.run)).find((one) => one.task === key.task && one.attempt === key.attempt);
    if (attempt !== undefined) made.push({ key, files: attempt.result.artifacts ?? [] });
  }
  return made;
}
