import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Instant,
  type MigrationDirection,
  type MigrationRun,
  type MigrationsFact,
  migrationDemand,
  type Rollout,
  type RunMigration,
  runnable,
  type SecretReferences,
} from "@sluice/core";
import { beginCommand, type CommandResult, lookAtCommand, stopCommand } from "@sluice/runtimes";
import type { Db } from "../../db/database.ts";
import { migrationRuns, recordMigration, type Undo, undoOf } from "../../migration/migration.store.ts";
import type { Loaded, LoadedRevision } from "../load.ts";
import type { ActivityWork } from "./activities.ts";
import { migrationsOf } from "./migrations.fact.ts";

export interface MigrationsDeps {
  db: Db;
  /** Folder that relative working folders are in. */
  root: string;
  /** Commands leave their logs and results below it. */
  dataDir: string;
  /** What every program of this machine gets. */
  programEnv: Readonly<Record<string, string>>;
  /** Of a project, by the variables that they are bound to. */
  secretValues: (project: string, references: SecretReferences) => Promise<Record<string, string>>;
  now: () => Instant;
}

/** Milliseconds between two looks at a command that runs. */
const LOOK_EVERY = 100;
const LIMITS = { cpuSeconds: null, fileMb: 10_240, logMb: 10, artifactMb: 1 };
const STOP_SECONDS = 30;

/**
 * Does to the data what is pending, or takes back what is to go: one after the other, until one fails. Commands run beside the
 * server and outlive it: whoever comes next finds them running, or their results. Each end is on disk before the next begins.
 */
export const migrationsWork = (deps: MigrationsDeps): ActivityWork => ({
  async run(loaded, signal, report) {
    const rollout = loaded.rollouts[0]?.rollout;
    if (rollout === undefined) return null;
    const direction = directionOf(rollout);
    if (direction === "down") await settleUp(deps, loaded, rollout);
    for (;;) {
      const { pending, applied, surplus, failed } = await factNow(deps.db, loaded, rollout);
      const [name] = direction === "up" ? pending : rollout.phase === "rolling_back" ? applied : surplus;
      if (name === undefined || failed !== null || signal.aborted) return null;
      const run = await conduct(deps, loaded, { rollout, name, direction, demand: migrationDemand(rollout) }, signal);
      // Given up in the middle: a way back settles what it came to.
      if (run === null) return null;
      report({ done: name });
    }
  },
  gaveUp: () => null,
});

const directionOf = ({ phase }: Rollout): MigrationDirection => (phase === "preparing" ? "up" : "down");

async function factNow(db: Db, loaded: Loaded, rollout: Rollout): Promise<MigrationsFact> {
  const runs = await migrationRuns(db, loaded.deployment.id);
  return migrationsOf(rollout, { ...loaded, migrationRuns: runs });
}

/** What was begun on the way forward is stopped, and what it came to is kept: only then is it known what must be taken back. */
async function settleUp(deps: MigrationsDeps, loaded: Loaded, rollout: Rollout): Promise<void> {
  const demand = migrationDemand({ ...rollout, phase: "preparing" });
  const { pending } = await factNow(deps.db, loaded, rollout);
  for (const name of pending) {
    const task: Task = { rollout, name, direction: "up", demand };
    const state = lookAtCommand(commandOf(deps, task)).kind;
    if (state === "unbegun") continue;
    if (state === "running") stopCommand(commandOf(deps, task));
    await conduct(deps, loaded, task, new AbortController().signal);
  }
}

interface Task {
  rollout: Rollout;
  name: string;
  direction: MigrationDirection;
  demand: number;
}

const commandOf = ({ dataDir }: MigrationsDeps, { rollout, name, direction, demand }: Task) => ({
  id: `${rollout.id}-${demand}-${direction}-${name}`,
  folder: join(dataDir, "migrations", rollout.id, `${demand}-${direction}-${name}`),
});

/** Runs one migration to its end and keeps that; null when it was given up before. */
async function conduct(
  deps: MigrationsDeps,
  loaded: Loaded,
  task: Task,
  signal: AbortSignal,
): Promise<MigrationRun | null> {
  const { db, now } = deps;
  const { rollout, name, direction, demand } = task;
  const revision = loaded.revisions.get(rollout.toRevision);
  const how = revision === undefined ? null : await howTo(deps, loaded.deployment.id, task, revision);
  const begun = now();
  const ended = how === null ? NOT_DECLARED : await runToEnd(deps, loaded.deployment.project, task, how.run, signal);
  if (ended === null) return null;
  const run: MigrationRun = {
    rollout: rollout.id,
    ...{ name, direction, demand },
    status: ended.status,
    message: ended.reason ?? "",
    executionMs: now() - begun,
    at: now(),
  };
  await recordMigration(db, loaded.deployment.id, run, how?.undo ?? null);
  return run;
}

const NOT_DECLARED = { status: "failed", reason: "its version does not say how it is taken back" } as const;

/** The command with its surroundings, and for one up how it will be taken back; null where nothing is declared. */
async function howTo(
  deps: MigrationsDeps,
  deployment: string,
  { name, direction }: Task,
  { spec, config }: Pick<LoadedRevision, "spec" | "config">,
): Promise<{ run: Undo; undo: Undo | null } | null> {
  if (direction === "down") {
    const undo = await undoOf(deps.db, deployment, name);
    return undo === null ? null : { run: undo, undo: null };
  }
  const workdir = "workdir" in spec ? (spec.workdir ?? ".") : ".";
  const env = { ...("env" in spec ? spec.env : {}), ...config.env };
  const secrets = config.secrets ?? {};
  const placed = ({ command, timeoutSeconds }: RunMigration): Undo => ({
    command,
    timeoutSeconds,
    workdir,
    env,
    secrets,
  });
  const named = (list: readonly RunMigration[]) => list.find((entry) => entry.name === name);
  const up = named(runnable(spec.migrations?.up ?? []));
  const down = named(runnable(spec.migrations?.down ?? []));
  return up === undefined ? null : { run: placed(up), undo: down === undefined ? null : placed(down) };
}

type End = Pick<CommandResult, "status" | "reason">;

async function runToEnd(
  deps: MigrationsDeps,
  project: string,
  task: Task,
  how: Undo,
  signal: AbortSignal,
): Promise<End | null> {
  const name = commandOf(deps, task);
  if (lookAtCommand(name).kind === "unbegun") {
    const workdir = join(deps.root, how.workdir);
    const secrets = await deps.secretValues(project, how.secrets);
    await beginCommand(
      {
        ...name,
        // In the version's own folder, where its files are; the clean folder that commands get is for what they write.
        command: ["/bin/sh", "-c", 'cd "$0" && exec "$@"', workdir, ...how.command],
        env: { ...deps.programEnv, ...how.env, ...secrets, SLUICE_MIGRATION: task.name },
        ...{ checkout: null, copies: [], workdir: null, artifacts: [], secrets: Object.values(secrets) },
        limits: LIMITS,
        timeoutSeconds: how.timeoutSeconds,
        stopSeconds: STOP_SECONDS,
      },
      () => undefined,
    );
  }
  for (;;) {
    const state = lookAtCommand(name);
    if (state.kind === "ended") return state.result;
    if (state.kind === "lost")
      return { status: "failed", reason: "nobody knows to what end it came: its host was killed" };
    if (signal.aborted) return null;
    await delay(LOOK_EVERY);
  }
}
