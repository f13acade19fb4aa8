import { type EvaluationContext, invalidField, type PromptValues, renderPrompt, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import { type DeploymentName, isId, requireDeployment } from "../deployment/deployment.lookup.ts";
import type { StoredDeployment } from "../deployment/deployment.store.ts";
import { type Prepared, resolvedView } from "./prepared.ts";
import type { PromptRecord, Resolution } from "./prompt.record.ts";
import type { Resolver } from "./resolver.ts";

/** For whom a prompt is read. */
export interface Reader {
  /** The targeting key; null: by lot. */
  key: string | null;
  context: EvaluationContext;
}

/** A prompt that was dealt to somebody. */
export interface Dealt {
  record: PromptRecord;
  resolution: Resolution;
  prepared: Prepared;
}

export interface ResolveService {
  /**
   * The version that somebody gets, and counts that they got it. Throws `not_found`, `permission_denied`, `invalid_argument` for a
   * name that several environments have, `failed_precondition` for what is no prompt or serves nothing yet, and `unavailable`
   * for a prompt that was stopped.
   */
  resolve(principal: Principal, name: DeploymentName, reader: Reader): Promise<Dealt>;
  /** The same with its variables filled in, as its address answers it. Throws `invalid_argument` naming each bad variable. */
  render(
    principal: Principal,
    name: DeploymentName,
    reader: Reader,
    values: PromptValues,
  ): Promise<ReturnType<typeof resolvedView>>;
  /** Every prompt of one environment, for one reader; each that cannot be dealt with its error. */
  resolveAll(
    principal: Principal,
    where: Pick<DeploymentName, "project" | "environment">,
    reader: Reader,
  ): Promise<Bulk>;
  /** Which revision a key gets now. */
  revisionFor(deployment: StoredDeployment, key: string | null): Promise<number>;
}

export interface Bulk {
  prompts: ({ record: PromptRecord } & ({ dealt: Dealt } | { error: SluiceError }))[];
  /** Counts that they were handed out; not for whoever has them already. */
  count(): void;
}

interface Deps {
  db: Kysely<Database>;
  resolver: Resolver;
  random: () => number;
}

export function createResolveService({ db, resolver, random }: Deps): ResolveService {
  const { prompts, tally } = resolver;

  /** The prompt, if the principal may read it; in memory alone while it is there. */
  const find = async (principal: Principal, name: DeploymentName): Promise<PromptRecord> => {
    const record = resolver.following ? recordOf(resolver, principal, name) : null;
    if (record !== null && mayRead(principal, record)) return record;
    const deployment = await requireDeployment(db, principal, "deployment.read", name);
    assertPrompt(deployment);
    await resolver.refresh([deployment.id]);
    const fresh = prompts.byId(deployment.id);
    if (fresh === null) throw new SluiceError("not_found", `deployment ${name.id} went away`);
    return fresh;
  };

  const deal = (record: PromptRecord, { key, context }: Reader): Dealt => {
    const { name, stopped } = record.route;
    if (stopped) throw new SluiceError("unavailable", `deployment ${name} is stopped; start it to read its prompt`);
    const resolution = record.deal(key, context, random);
    if (resolution === null) {
      throw new SluiceError(
        "failed_precondition",
        `deployment ${name} serves no version yet; its first rollout is under way or failed`,
      );
    }
    const prepared = record.prepared(resolution);
    if (prepared === null) throw new SluiceError("internal", `revision ${resolution.revision} of ${name} was not read`);
    return { record, resolution, prepared };
  };

  const count = ({ record, resolution }: Dealt): void => tally.handedOut(record.route.id, resolution);

  const resolve: ResolveService["resolve"] = async (principal, name, reader) => {
    const dealt = deal(await find(principal, name), reader);
    count(dealt);
    return dealt;
  };

  return {
    resolve,
    async render(principal, name, reader, values) {
      const { record, resolution } = await resolve(principal, name, reader);
      const content = record.contentOf(resolution.revision);
      if (content === null) throw new SluiceError("internal", `revision ${resolution.revision} was not read`);
      const version = record.versionOf(resolution.revision);
      return resolvedView(record.route, { ...resolution, version, content: renderPrompt(content, values) }, true);
    },
    async resolveAll(principal, where, reader) {
      const project = projectOf(principal, where.project);
      const environment = where.environment ?? principal.environment;
      authorise(principal, "deployment.read", { project, ...(environment !== null && { environment }) });
      if (!resolver.following) await resolver.refresh();
      const found = prompts.inside(project, environment).filter(({ split }) => split !== null);
      if (environment === null) assertOneEnvironment(found);
      const dealtPrompts = found.map((record) => {
        try {
          assertKeyed(record, reader);
          return { record, dealt: deal(record, reader) };
        } catch (error) {
          if (error instanceof SluiceError) return { record, error };
          throw error;
        }
      });
      return {
        prompts: dealtPrompts,
        count() {
          for (const prompt of dealtPrompts) if ("dealt" in prompt) count(prompt.dealt);
        },
      };
    },
    async revisionFor(deployment, key) {
      if (!resolver.following || prompts.byId(deployment.id) === null) await resolver.refresh([deployment.id]);
      const record = prompts.byId(deployment.id);
      const revision = record?.deal(key, {}, random)?.revision ?? deployment.stableRevision;
      if (revision !== null) return revision;
      throw new SluiceError("failed_precondition", `deployment ${deployment.name} has served no version yet`);
    },
  };
}

/** The prompt of that name in memory; null when it is not there, or several environments have one. */
export function recordOf({ prompts }: Resolver, principal: Principal, name: DeploymentName): PromptRecord | null {
  if (isId(name)) return prompts.byId(name.id);
  const project = projectOf(principal, name.project);
  const environment = name.environment ?? principal.environment;
  if (environment !== null) return prompts.named(project, name.id, environment);
  const [record, other] = prompts.everywhere(project, name.id);
  return other === undefined ? (record ?? null) : null;
}

/** Every role may read; what the reach of a token forbids is refused the usual way. */
export function mayRead(principal: Principal, { route: { project, environment } }: PromptRecord): boolean {
  if (principal.project !== null && principal.project !== project) return false;
  return principal.environment === null || principal.environment === environment;
}

function assertPrompt({ name, kind }: StoredDeployment): void {
  if (kind === "prompt") return;
  throw new SluiceError("failed_precondition", `deployment ${name} is of kind ${kind}; only prompts are resolved`);
}

/** What is kept by whoever asked must not be drawn by lot: it would change at every look. */
function assertKeyed({ split }: PromptRecord, { key }: Reader): void {
  if (key !== null || (split ?? []).filter(({ weight }) => weight > 0).length < 2) return;
  throw invalidField("context.targetingKey", undefined, "a text: this prompt is dealt by weight");
}

function assertOneEnvironment(records: readonly PromptRecord[]): void {
  const environments = [...new Set(records.map(({ route }) => route.environment))].sort();
  if (environments.length <= 1) return;
  throw invalidField("query.environment", undefined, `one of ${environments.join(", ")}`);
}
