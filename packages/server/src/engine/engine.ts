import { join } from "node:path";
import type { DataPlane, Instant, SecretReferences } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { RunCandidateTests } from "../candidate-test/candidate-test.types.ts";
import { runCandidateTests } from "../candidate-test/run.ts";
import type { Database } from "../db/schema.ts";
import type { EvaluationServiceConfig } from "../evaluation/evaluation.source.ts";
import { createFleetKeeper } from "../fleet/keeper.ts";
import { createGateDeps } from "../gate/gate.deps.ts";
import { type Making, programsOnly } from "../kinds/making.ts";
import { createPublisher } from "../routing/publisher.ts";
import type { RoutingSettings } from "../routing/route.config.ts";
import { epochsOf } from "../routing/route.store.ts";
import { createSealer, sealingKey } from "../secret/seal.ts";
import { secretValues } from "../secret/secret.values.ts";
import { createActivities } from "./activity/activities.ts";
import { checksWork } from "./activity/checks.work.ts";
import { gatesWork } from "./activity/gates.work.ts";
import { migrationsWork } from "./activity/migrations.work.ts";
import { testsWork } from "./activity/tests.work.ts";
import { adoptOwn, createAttendance } from "./attendance.ts";
import type { CheckEnvironment } from "./checks.ts";
import { createClaims } from "./claims.ts";
import type { Crash } from "./crash.ts";
import { createDrifts } from "./drifts.ts";
import { createHints } from "./hints.ts";
import { createHookCaller } from "./hooks.ts";
import { createOutages } from "./outages.ts";
import { createReconciler } from "./reconcile.ts";
import { startResync, wakeAll, wakeRouted } from "./resync.ts";
import { createStrangers } from "./strangers.ts";
import type { Targets } from "./targets.ts";
import { createUnmade } from "./unmade.ts";
import { createUsageWatch } from "./usage.watch.ts";
import { startWorker } from "./worker.ts";

export interface EngineOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  /** Of deployments without instances. */
  gateway: DataPlane;
  targets: Targets;
  checks: CheckEnvironment;
  /** Default: the real ones. */
  runTests?: RunCandidateTests;
  /** Where evaluations that nobody recorded are asked for; absent: nowhere. */
  evaluationService?: EvaluationServiceConfig | null;
  /** Folder of OSV entries for the security test; absent: none is kept here. */
  osvFolder?: string | null;
  /** Default: the usual header for regions. */
  routing?: RoutingSettings;
  /** How versions become programs; `changed` asks for another look. Default: they are programs already. */
  making?: (changed: (deployment: string) => void) => Making;
  /** Where commands on behalf of versions leave their logs, and what variables they get. Default: below the root, the path alone. */
  commands?: { dataDir: string; programEnv: Readonly<Record<string, string>>; secretKey: string | null };
  /** Default: it is alone, and everything is its own. */
  server?: { id: string; ownGateway: boolean };
  /** How many guards share a rollout's part of α; default: one. */
  guards?: () => number;
  workers: number;
  maxActiveRollouts: number;
  logger: Logger;
  now: () => Instant;
  crash: Crash;
}

export interface Engine {
  /** Something of the deployment changed that its rollout looks at; a hint, and cheap. */
  changed(deployment: string): void;
  /** Finishes the reconciles that run and takes no more. Instances and traffic stay as they are. */
  close(): Promise<void>;
}

/** Starts reconciling every deployment of the database, beginning with a look at each. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { db, pool, gateway, targets, checks, logger, now, crash } = options;
  const {
    commands = { dataDir: join(checks.root, ".sluice"), programEnv: { PATH: checks.programPath }, secretKey: null },
  } = options;
  const secrets = async (project: string, references: SecretReferences) =>
    secretValues(db, createSealer(await sealingKey(commands)), project, references);
  const hooks = createHookCaller({ db, logger, crash });
  const hints = createHints(db, logger);
  const publisher = createPublisher({
    planes: targets.planes,
    epochs: (deployments) => epochsOf(db, deployments),
    outdated: hints.changed,
    logger,
    settings: options.routing,
  });
  const usage = createUsageWatch({ hints, logger, now });
  const claims = createClaims(pool, logger);
  const gates = createGateDeps({ evaluationService: options.evaluationService ?? null, now, keys: commands });
  const activities = createActivities({
    db,
    claims,
    work: {
      checks: checksWork(db, checks, now),
      gates: gatesWork(db, gates, now),
      migrations: migrationsWork({ db, root: checks.root, ...commands, secretValues: secrets, now }),
      tests: testsWork({
        targets,
        runTests: options.runTests ?? runCandidateTests,
        osvFolder: options.osvFolder ?? null,
        now,
      }),
    },
    hints,
    logger,
    now,
    crash,
  });
  const server = options.server?.id ?? null;
  const strangers = createStrangers({ db, targets, gateway });
  const attendance = { db, targets, server, ownGateway: options.server?.ownGateway ?? true };
  const reconcile = createReconciler({
    db,
    turnOf: createAttendance(attendance),
    guards: options.guards ?? (() => 1),
    gateway,
    hints,
    targets,
    checks,
    publisher,
    hooks,
    activities,
    making: (options.making ?? (() => programsOnly))(hints.changed),
    unmade: createUnmade(),
    drifts: createDrifts(),
    strangers,
    outages: createOutages(),
    fleet: createFleetKeeper({ db, now, crash }),
    usage,
    root: checks.root,
    maxActiveRollouts: options.maxActiveRollouts,
    now,
    logger,
    crash,
  });

  // What another Sluice does in a shared cluster is no wake here, however often it does it.
  const changed = (deployment: string): void => {
    if (!strangers.known.has(deployment)) hints.changed(deployment);
  };
  const listeners: (() => void)[] = [];
  const heard = new Set<DataPlane>();
  targets.onOpen(({ runtime, plane }) => {
    if (!heard.has(plane))
      listeners.push(
        plane.onRoute(changed),
        plane.onConnect(() => {
          publisher.repeat(plane);
          // What another server wished of it before that one died is on disk alone.
          wakeRouted(db).catch((error: unknown) =>
            logger.debug({ err: error }, "the resync will find what was missed"),
          );
        }),
      );
    heard.add(plane);
    if (runtime === null) return;
    listeners.push(
      runtime.onChange((deployment) => {
        // Endpoints go to the gateway at once and without the database; the rollout hears of them in its own time.
        publisher
          .refresh(deployment)
          .catch((error: unknown) => logger.debug({ err: error, deployment }, "endpoints were not published"));
        changed(deployment);
      }),
    );
  });
  await adoptOwn(attendance);
  await wakeAll(db);
  const worker = await startWorker({ db, pool, server, concurrency: options.workers, reconcile, logger, now });
  const stopResync = startResync({ ...attendance, strangers, logger });

  return {
    changed: hints.changed,
    async close() {
      for (const stop of listeners) stop();
      await stopResync();
      await hints.close();
      await worker.close();
      await Promise.all([hooks.close(), activities.close(), usage.close()]);
      await gates.close();
      claims.close();
    },
  };
}
