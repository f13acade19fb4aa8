import { join } from "node:path";
import type { Instant, Runtime, SecretReferences } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { RunCandidateTests } from "../candidate-test/candidate-test.types.ts";
import { runCandidateTests } from "../candidate-test/run.ts";
import type { Database } from "../db/schema.ts";
import type { EvaluationServiceConfig } from "../evaluation/evaluation.source.ts";
import { createGateDeps } from "../gate/gate.deps.ts";
import { type Making, programsOnly } from "../kinds/making.ts";
import type { GatewayLink } from "../routing/gateway.types.ts";
import { createPublisher } from "../routing/publisher.ts";
import type { RoutingSettings } from "../routing/route.config.ts";
import { createSealer, sealingKey } from "../secret/seal.ts";
import { secretValues } from "../secret/secret.values.ts";
import { createActivities } from "./activity/activities.ts";
import { checksWork } from "./activity/checks.work.ts";
import { gatesWork } from "./activity/gates.work.ts";
import { migrationsWork } from "./activity/migrations.work.ts";
import { testsWork } from "./activity/tests.work.ts";
import type { CheckEnvironment } from "./checks.ts";
import { createClaims } from "./claims.ts";
import type { Crash } from "./crash.ts";
import { createHints } from "./hints.ts";
import { createHookCaller } from "./hooks.ts";
import { createReconciler } from "./reconcile.ts";
import { startResync, wakeAll } from "./resync.ts";
import { createUnmade } from "./unmade.ts";
import { createUsageWatch } from "./usage.watch.ts";
import { startWorker } from "./worker.ts";

export interface EngineOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  link: GatewayLink;
  /** Started already; by the type of an environment's target. */
  runtimes: ReadonlyMap<string, Runtime>;
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
  const { db, pool, link, runtimes, checks, logger, now, crash } = options;
  const {
    commands = { dataDir: join(checks.root, ".sluice"), programEnv: { PATH: checks.programPath }, secretKey: null },
  } = options;
  const secrets = async (project: string, references: SecretReferences) =>
    secretValues(db, createSealer(await sealingKey(commands)), project, references);
  const observe = async (deployment: string) =>
    (await Promise.all([...runtimes.values()].map((runtime) => runtime.observe(deployment)))).flat();
  const publisher = createPublisher({ link, observe, logger, settings: options.routing });
  const hooks = createHookCaller({ db, logger, crash });
  const hints = createHints(db, logger);
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
        runtimes,
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
  const reconcile = createReconciler({
    db,
    link,
    hints,
    runtimes,
    checks,
    publisher,
    hooks,
    activities,
    making: (options.making ?? (() => programsOnly))(hints.changed),
    unmade: createUnmade(),
    usage,
    root: checks.root,
    maxActiveRollouts: options.maxActiveRollouts,
    now,
    logger,
    crash,
  });

  const listeners = [
    link.onRoute(hints.changed),
    ...[...runtimes.values()].map((runtime) =>
      runtime.onChange((deployment) => {
        // Endpoints go to the gateway at once and without the database; the rollout hears of them in its own time.
        publisher
          .refresh(deployment)
          .catch((error: unknown) => logger.debug({ err: error, deployment }, "endpoints were not published"));
        hints.changed(deployment);
      }),
    ),
  ];
  await wakeAll(db);
  const worker = await startWorker({ db, pool, concurrency: options.workers, reconcile, logger, now });
  const stopResync = startResync({ db, link, runtimes, logger });

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
      publisher.close();
    },
  };
}
