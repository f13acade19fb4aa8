import { mergePatchBetween } from "@sluice/manifest/merge-patch";
import { type DependencyDraft, dependenciesFrom, dependenciesOf } from "./dependencies.ts";
import { type GatewayDraft, gatewayAt, routeOf } from "./gateway.ts";
import { HEALTH_DEFAULTS, type HealthDraft, healthFrom, healthOf } from "./health.ts";
import type { Takes } from "./kind.ts";
import { freeTextOf, textOf } from "./parameters.ts";
import { type StrategyDraft, strategyOf, USUAL } from "./strategy.ts";
import { numberOf, type Pair, pairsOf, valuesOf } from "./text.ts";
import type { Config, CreateBody, PresentConfig, UpdateBody } from "./types.ts";

/** What a deployment is to be, as it is written: every field holds the text that stands in it. */
export interface Draft {
  name: string;
  replicas: string;
  health: HealthDraft;
  requests: Quantities;
  limits: Quantities;
  /** Instances between two numbers, by their load; null: always as many as `replicas` says. */
  scaling: { min: string; max: string; cpu: string; memory: string } | null;
  variables: readonly Pair[];
  secrets: readonly Pair[];
  /** Of a pipeline, by name; empty: not said. */
  parameters: Readonly<Record<string, string>>;
  /** The same of a pipeline that names none, and takes all: values as JSON, or as text. */
  freeParameters: readonly Pair[];
  dependencies: readonly DependencyDraft[];
  /** Releases of named components that win over the version's. */
  components: readonly Pair[];
  gateway: GatewayDraft;
  /** Of a new deployment. */
  labels: readonly Pair[];
  strategy: StrategyDraft;
}

/** Of one instance. */
interface Quantities {
  cpu: string;
  memory: string;
  gpu: string;
}

/** What the API takes where nothing is said. */
export const CONFIG_DEFAULTS = {
  replicas: 1,
  env: {},
  parameters: {},
  resources: {},
  scaling: null,
  ...HEALTH_DEFAULTS,
} as const;

/** Begins from a configuration that there is; a new deployment without one from what the API takes. */
export function draftFrom(config: PresentConfig | undefined, { name, path }: { name: string; path: string }): Draft {
  const { requests, limits } = config?.resources ?? {};
  const scaling = config?.scaling ?? null;
  const parameters = Object.entries(config?.parameters ?? {});
  return {
    name,
    replicas: String(config?.replicas ?? 1),
    health: healthFrom(config),
    requests: { cpu: requests?.cpu ?? "", memory: requests?.memory ?? "", gpu: requests?.gpu ?? "" },
    limits: { cpu: limits?.cpu ?? "", memory: limits?.memory ?? "", gpu: limits?.gpu ?? "" },
    scaling:
      scaling === null
        ? null
        : {
            min: String(scaling.min),
            max: String(scaling.max),
            cpu: String(scaling.targetCpu ?? ""),
            memory: String(scaling.targetMemory ?? ""),
          },
    variables: pairsOf(config?.env ?? {}),
    secrets: Object.entries(config?.secrets ?? {}).map(([variable, secret]) => ({
      key: variable,
      name: variable,
      value: typeof secret === "string" ? secret : secret.name,
    })),
    parameters: Object.fromEntries(parameters.map(([parameter, value]) => [parameter, textOf(value)])),
    freeParameters: pairsOf(Object.fromEntries(parameters.map(([parameter, value]) => [parameter, freeTextOf(value)]))),
    dependencies: dependenciesFrom(config),
    components: pairsOf(config?.components ?? {}),
    gateway: gatewayAt(path),
    labels: [],
    strategy: USUAL,
  };
}

/** The configuration that is written, over the one that it began from: what has no field of its own stays. */
export function configOf(
  draft: Draft,
  takes: Takes,
  { base, parameters }: { base: PresentConfig | undefined; parameters: Config["parameters"] },
): Config {
  return {
    ...(base ?? {}),
    ...(takes.instances && {
      replicas: numberOf(draft.replicas),
      resources: resourcesOf(draft),
      scaling: scalingOf(draft),
      ...healthOf(draft.health),
      ...dependenciesOf(draft.dependencies, base),
      ...componentsOf(draft, base),
    }),
    ...(takes.variables && { env: valuesOf(draft.variables), ...secretsOf(draft, base) }),
    ...(takes.parameters && parameters !== undefined && { parameters }),
  };
}

function resourcesOf(draft: Draft): NonNullable<Config["resources"]> {
  const [requests, limits] = [said(draft.requests), said(draft.limits)];
  return {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

const said = (quantities: Quantities): Partial<Quantities> =>
  Object.fromEntries(
    Object.entries(quantities).flatMap(([name, text]) => (text.trim() === "" ? [] : [[name, text.trim()]])),
  );

function scalingOf({ scaling }: Draft): NonNullable<Config["scaling"]> | null {
  if (scaling === null) return null;
  return {
    min: numberOf(scaling.min),
    max: numberOf(scaling.max),
    ...(scaling.cpu.trim() !== "" && { targetCpu: numberOf(scaling.cpu) }),
    ...(scaling.memory.trim() !== "" && { targetMemory: numberOf(scaling.memory) }),
  };
}

function componentsOf({ components }: Draft, base: PresentConfig | undefined): Pick<Config, "components"> {
  if (components.length === 0 && base?.components === undefined) return {};
  return { components: valuesOf(components) };
}

/** A secret that stays the same keeps the value that the revision was made with; another name means its newest. */
function secretsOf({ secrets }: Draft, base: PresentConfig | undefined): Pick<Config, "secrets"> {
  const wanted = Object.entries(valuesOf(secrets)).map(([variable, secret]) => {
    const present = base?.secrets?.[variable];
    return [variable, typeof present === "object" && present.name === secret ? present : secret] as const;
  });
  if (wanted.length === 0 && base?.secrets === undefined) return {};
  return { secrets: Object.fromEntries(wanted) };
}

export interface Wanted {
  project: string;
  artifact: string;
  version: string;
  environment: string;
  config: Config;
}

/** Without what the API would take anyway. */
export const lean = (config: Config): Config => without(CONFIG_DEFAULTS, config);

type Fields = Readonly<Record<string, unknown>>;

function without(defaults: Fields, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): [string, unknown][] => {
      const usual = defaults[name];
      if (isFields(value) && isFields(usual)) {
        const rest = without(usual, value);
        return Object.keys(rest).length === 0 ? [] : [[name, rest]];
      }
      return value === usual || value === undefined ? [] : [[name, value]];
    }),
  );
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function createBody(draft: Draft, takes: Takes, { config, ...wanted }: Wanted): CreateBody {
  const route = takes.route ? routeOf(draft.gateway) : undefined;
  const strategy = strategyOf(draft.strategy);
  const labels = valuesOf(draft.labels);
  return {
    ...wanted,
    name: draft.name.trim(),
    config: lean(config),
    ...(route !== undefined && { route }),
    ...(strategy !== undefined && { strategy }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

/** What differs from what is there. */
export function updateBody(draft: Draft, present: PresentConfig, { version, config }: Wanted): UpdateBody {
  const strategy = strategyOf(draft.strategy);
  const patch: NonNullable<UpdateBody["config"]> = mergePatchBetween(present, config);
  return {
    version,
    ...(Object.keys(patch).length > 0 && { config: patch }),
    ...(strategy !== undefined && { strategy }),
  };
}
