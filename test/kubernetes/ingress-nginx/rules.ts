import type { KubeObject } from "../api.ts";

/** The parts of an Ingress that decide who answers. */
export interface Ingress extends KubeObject {
  spec: {
    ingressClassName?: string;
    rules?: { host?: string; http?: { paths: IngressPath[] } }[];
  };
}

interface IngressPath {
  path?: string;
  pathType: "Prefix" | "Exact" | "ImplementationSpecific";
  backend: { service?: { name: string; port: { number?: number } } };
}

export interface Upstream {
  service: string;
  port: number;
}

/** Who answers under one path of one host, and what is in force of its canary. */
export interface Location {
  namespace: string;
  /** Of the main Ingress: requests are counted under it. */
  ingress: string;
  host: string | null;
  path: string;
  pathType: IngressPath["pathType"];
  isRegex: boolean;
  rewrite: string | null;
  upstream: Upstream;
  canary: (Upstream & { ingress: string; rules: CanaryRules }) | null;
}

/** In the order in which they are asked. */
export interface CanaryRules {
  header: { name: string; value: string | null; pattern: RegExp | null } | null;
  cookie: string | null;
  weight: number;
  total: number;
}

export interface Caller {
  host: string;
  path: string;
  /** By names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

const annotation = ({ metadata }: Ingress, name: string): string | null =>
  metadata.annotations?.[`nginx.ingress.kubernetes.io/${name}`] ?? null;

const isCanary = (ingress: Ingress): boolean => annotation(ingress, "canary") === "true";

/**
 * What ingress-nginx serves for these Ingresses of its class, by its documentation: a canary belongs to the location of a main
 * Ingress with the same host and path, the first one alone, and without a main one it is nothing; regular expressions anywhere under a
 * host make all its paths such; longer paths come first.
 */
export function locationsOf(ingresses: readonly Ingress[]): Location[] {
  const mains = ingresses.filter((ingress) => !isCanary(ingress));
  const canaries = ingresses.filter(isCanary).flatMap(pathsOf);
  const regexHosts = new Set(
    mains
      .filter((one) => annotation(one, "use-regex") === "true" || annotation(one, "rewrite-target") !== null)
      .flatMap(({ spec }) => (spec.rules ?? []).map(({ host = null }) => host)),
  );
  return mains
    .flatMap(pathsOf)
    .map(({ ingress, host, path, pathType, upstream }): Location => {
      const other = canaries.find(
        (one) =>
          one.ingress.metadata.namespace === ingress.metadata.namespace &&
          one.host === host &&
          one.path === path &&
          one.pathType === pathType &&
          one.upstream.service !== upstream.service,
      );
      return {
        ...{ host, path, pathType, upstream },
        namespace: ingress.metadata.namespace ?? "",
        ingress: ingress.metadata.name,
        isRegex: regexHosts.has(host) && pathType !== "Exact",
        rewrite: annotation(ingress, "rewrite-target"),
        canary: other
          ? { ...other.upstream, ingress: other.ingress.metadata.name, rules: rulesOf(other.ingress) }
          : null,
      };
    })
    .toSorted((left, right) => right.path.length - left.path.length);
}

const pathsOf = (ingress: Ingress) =>
  (ingress.spec.rules ?? []).flatMap(({ host = null, http }) =>
    (http?.paths ?? []).flatMap(({ path = "/", pathType, backend: { service } }) =>
      service === undefined
        ? []
        : [{ ingress, host, path, pathType, upstream: { service: service.name, port: service.port.number ?? 80 } }],
    ),
  );

function rulesOf(ingress: Ingress): CanaryRules {
  const [name, value] = [annotation(ingress, "canary-by-header"), annotation(ingress, "canary-by-header-value")];
  const pattern = annotation(ingress, "canary-by-header-pattern");
  return {
    // A pattern beside a value is ignored.
    header:
      name === null
        ? null
        : {
            name: name.toLowerCase(),
            value,
            pattern: value === null && pattern !== null ? new RegExp(pattern) : null,
          },
    cookie: annotation(ingress, "canary-by-cookie"),
    weight: Number(annotation(ingress, "canary-weight") ?? 0),
    total: Number(annotation(ingress, "canary-weight-total") ?? 100),
  };
}

/** The location for a caller; one of its host comes before those of any host. */
export function findLocation(locations: readonly Location[], { host, path }: Caller): Location | null {
  const fitting = locations.filter((location) => matches(location, path));
  return fitting.find((one) => one.host === host) ?? fitting.find((one) => one.host === null) ?? null;
}

function matches({ path, pathType, isRegex }: Location, asked: string): boolean {
  if (pathType === "Exact") return asked === path;
  if (isRegex && pathType === "ImplementationSpecific") return new RegExp(`^${path}`, "i").test(asked);
  const prefix = path.replace(/\/$/, "");
  return asked === prefix || asked.startsWith(`${prefix}/`);
}

/** Whether the canary gets a caller. `draw` is from 0 up to, but not, 1. */
export function goesToCanary({ canary }: Location, { headers }: Caller, draw: number): boolean {
  if (canary === null) return false;
  const { header, cookie, weight, total } = canary.rules;
  return byHeader(header, headers) ?? byCookie(cookie, headers) ?? draw * total < weight;
}

/** Null: it decides nothing. */
function byHeader(rule: CanaryRules["header"], headers: Caller["headers"]): boolean | null {
  const given = rule === null ? undefined : headers[rule.name];
  if (rule === null || given === undefined) return null;
  if (rule.value !== null) return given === rule.value || null;
  if (rule.pattern !== null) return rule.pattern.test(given) || null;
  return always(given);
}

function byCookie(name: string | null, headers: Caller["headers"]): boolean | null {
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  const given = name === null ? undefined : pairs.find(([key]) => key === name)?.[1];
  return given === undefined ? null : always(given);
}

const always = (given: string): boolean | null => (given === "always" ? true : given === "never" ? false : null);

/** What the upstream is asked for. */
export function rewritten({ path, isRegex, rewrite }: Location, asked: string): string {
  if (rewrite === null || !isRegex) return asked;
  const groups = new RegExp(`^${path}`, "i").exec(asked) ?? [];
  return rewrite.replace(/\$(\d)/g, (_, group: string) => groups[Number(group)] ?? "");
}
