import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Instant, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { ArtifactService } from "../artifact/artifact.service.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Database } from "../db/schema.ts";
import { createDeploymentSchema, updateDeploymentSchema } from "../deployment/deployment.schema.ts";
import type { DeploymentService } from "../deployment/deployment.services.ts";
import type { CheckEnvironment } from "../engine/checks.ts";
import type { EnvironmentService } from "../environment/environment.service.ts";
import { findEnvironment } from "../environment/environment.store.ts";
import { requireProject } from "../project/project.store.ts";
import type { DemoKeeper } from "./demo.keeper.ts";
import { findDemo, markDemo, type StoredDemo } from "./demo.store.ts";
import { CHANGES, CONFIG, DEMO, ENVIRONMENT, FIRST, pathOf, versionsOf } from "./demo.story.ts";

/** The example that comes with the sources, and with the image. */
const GREETER = fileURLToPath(new URL("../../../../examples/greeter/server.mjs", import.meta.url));

export interface Demo {
  /** Why none can be begun here; null: one can. */
  refused: string | null;
  /** What there is of one; null: nothing. */
  demo: StoredDemo | null;
  /** Until when callers come at the latest; null while none do. */
  callersUntil: Instant | null;
}

export interface DemoService {
  read(principal: Principal, project?: string): Promise<Demo>;
  /**
   * Publishes a small program, delivers it, and has two more versions follow it; callers come by themselves. The demo that is
   * there is answered as it is, and has callers again. Throws `failed_precondition` where no process can be run.
   */
  begin(principal: Principal, project?: string): Promise<Demo>;
  /** Has everything of the demo taken away: callers at once, what runs a moment later. Fine where there is none. */
  remove(principal: Principal, project?: string): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  checks: CheckEnvironment;
  keeper: DemoKeeper;
  artifacts: ArtifactService;
  environments: EnvironmentService;
  deployments: DeploymentService;
  /** The program; default: the example of the sources. */
  greeter?: string;
}

export function createDemoService(deps: Deps): DemoService {
  const { db, clock, checks, keeper, artifacts, environments, deployments, greeter = GREETER } = deps;

  const read = async (project: string): Promise<Demo> => {
    const demo = await findDemo(db, project);
    return { refused: await refusal(checks, greeter, project), demo, callersUntil: keeper.callersUntil(project) };
  };

  const make = async (principal: Principal, project: string): Promise<void> => {
    if ((await findDemo(db, project)) === null) {
      await assertFree(db, project);
      const labels = { [DEMO.label]: "there" };
      await artifacts.create(principal, { project, name: DEMO.artifact, kind: "application", labels });
    }
    await environments.put(principal, { project, name: DEMO.environment }, ENVIRONMENT);
    // By the Node that runs this server: another may be none of the machine's, or too old.
    for (const version of versionsOf([process.execPath, greeter])) {
      await artifacts.createVersion(principal, { project, name: DEMO.artifact }, { ...version, source: null });
    }
    const place = { project, environment: DEMO.environment };
    const route = { path: pathOf(project) };
    const first = { name: DEMO.deployment, artifact: DEMO.artifact, version: FIRST, config: CONFIG, route };
    await deployments.create(principal, createDeploymentSchema.parse({ ...place, ...first }));
    for (const change of CHANGES) {
      await deployments.update(principal, { id: DEMO.deployment, ...place }, updateDeploymentSchema.parse(change));
    }
    const audit = { project, actor: principal.name, action: "demo.begin", subject: DEMO.deployment, detail: {} };
    await appendAudit(db, { ...audit, at: new Date(clock()) });
  };

  return {
    async read(principal, asked) {
      const project = projectOf(principal, asked);
      authorise(principal, "deployment.read", { project, environment: DEMO.environment });
      await requireProject(db, project);
      return read(project);
    },

    async begin(principal, asked) {
      const project = projectOf(principal, asked);
      authorise(principal, "environment.write", { project, environment: DEMO.environment });
      await requireProject(db, project);
      const { refused, demo } = await read(project);
      if (refused !== null) throw new SluiceError("failed_precondition", refused);
      assertOurs(demo);
      // All of it or nothing: a demo that is half there could be neither watched nor begun.
      if (demo?.deployment == null) await inAmbientTransaction(db, () => make(principal, project));
      keeper.callFor(project);
      return read(project);
    },

    async remove(principal, asked) {
      const project = projectOf(principal, asked);
      authorise(principal, "environment.write", { project, environment: DEMO.environment });
      await requireProject(db, project);
      const demo = await findDemo(db, project);
      if (demo === null || demo.mark === null) return;
      await inAmbientTransaction(db, async () => {
        const name = { id: DEMO.deployment, project, environment: DEMO.environment };
        if (demo.deployment !== null) await deployments.remove(principal, name);
        await markDemo(db, demo.artifactId, "removing");
        const audit = { project, actor: principal.name, action: "demo.remove", subject: DEMO.deployment, detail: {} };
        await appendAudit(db, { ...audit, at: new Date(clock()) });
      });
      keeper.clearAway(project);
    },
  };
}

async function refusal(
  { targets, preflight }: CheckEnvironment,
  greeter: string,
  project: string,
): Promise<string | null> {
  if (!targets.has("process")) return "this server runs no processes, and the demo is one";
  const isThere = await access(greeter).then(
    () => true,
    () => false,
  );
  if (!isThere) return `the demo's program is not installed with this server: ${greeter} is missing`;
  return (await preflight?.({ type: "process" }, project)) ?? null;
}

/** Throws where the names of the demo are somebody's own, or one is being taken away. */
function assertOurs(demo: StoredDemo | null): void {
  if (demo?.mark === null) {
    throw new SluiceError("failed_precondition", `artifact ${DEMO.artifact} is there already, and is not the demo's`);
  }
  if (demo?.mark === "removing" || demo?.deployment?.deleting === true) {
    throw new SluiceError("failed_precondition", "the demo is being taken away; begin it again in a moment");
  }
}

async function assertFree(db: Kysely<Database>, project: string): Promise<void> {
  if ((await findEnvironment(db, project, DEMO.environment)) === undefined) return;
  const why = `environment ${DEMO.environment} is there already, and is not the demo's; the demo needs one of its own`;
  throw new SluiceError("failed_precondition", why);
}
