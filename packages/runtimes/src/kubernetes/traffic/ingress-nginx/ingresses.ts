import { FULL_WEIGHT, type Pin, REGION_HEADER, type RouteConfig, SluiceError } from "@sluice/core";
import { TRAFFIC_KINDS } from "../kinds.ts";
import type { IngressManifest } from "./ingress.types.ts";

const PREFIX = "nginx.ingress.kubernetes.io";

export const CANARY = {
  is: `${PREFIX}/canary`,
  weight: `${PREFIX}/canary-weight`,
  total: `${PREFIX}/canary-weight-total`,
  header: `${PREFIX}/canary-by-header`,
  value: `${PREFIX}/canary-by-header-value`,
  pattern: `${PREFIX}/canary-by-header-pattern`,
  cookie: `${PREFIX}/canary-by-cookie`,
} as const;

/** What the Ingresses lead to, and their names. */
export interface IngressPlace {
  className: string;
  namespace: string;
  names: { main: string; canary: string; preview: string };
  service: (revision: number) => string;
  labels: Record<string, string>;
}

/** Which revision answers, which one gets a share or certain callers, and which one is shown at a path of its own. */
export interface Parts {
  main: number;
  canary: { revision: number; weight: number; pin: Pin | null } | null;
  preview: { revision: number; path: string } | null;
}

/**
 * What a split and its pins are in terms of one main Ingress with at most one canary. `main` is what the main one leads to now: it
 * stays while it has a share. Throws `failed_precondition` where one canary is not enough.
 */
export function partsOf({ split, pins, preview = null, mirror, match }: RouteConfig, main: number | null): Parts {
  const serving = split.filter(({ weight }) => weight > 0);
  const [first] = serving;
  const [pin = null] = pins;
  if (mirror !== null) throw cannot("copy requests to another revision");
  if (Object.keys({ ...match.headers, ...match.cookies }).length > 0)
    throw cannot("match a route by headers or cookies");
  if (first === undefined || serving.length > 2) throw cannot(`deal callers among ${serving.length} revisions`);
  if (pins.length > 1) throw cannot("pin callers in more than one way");
  const answering = serving.find(({ revision }) => revision === main) ?? first;
  const other = serving.find(({ revision }) => revision !== answering.revision);
  const chosen = other?.revision ?? (pin === null || pin.revision === answering.revision ? null : pin.revision);
  if (pin !== null && chosen !== null && pin.revision !== chosen)
    throw cannot(`pin callers to revision ${pin.revision} while revision ${chosen} has a share`);
  return {
    main: answering.revision,
    canary: chosen === null ? null : { revision: chosen, weight: other?.weight ?? 0, pin },
    preview,
  };
}

export const mainIngress = (config: RouteConfig, { main }: Parts, place: IngressPlace): IngressManifest =>
  ingress(config, place, place.names.main, main, { ...rewriting(config), ...common(config) });

export function canaryIngress(
  config: RouteConfig,
  { revision, weight, pin }: NonNullable<Parts["canary"]>,
  place: IngressPlace,
): IngressManifest {
  return ingress(config, place, place.names.canary, revision, {
    [CANARY.is]: "true",
    [CANARY.weight]: String(weight),
    [CANARY.total]: String(FULL_WEIGHT),
    ...affinity(config),
    ...(pin !== null && pinned(pin, config)),
  });
}

export function previewIngress(
  config: RouteConfig,
  { revision, path }: NonNullable<Parts["preview"]>,
  place: IngressPlace,
): IngressManifest {
  const shown = { ...config, match: { ...config.match, path } };
  return ingress(shown, place, place.names.preview, revision, { ...rewriting(shown), ...common(shown) });
}

function ingress(
  { match, stripPrefix }: RouteConfig,
  { namespace, labels, className, service }: IngressPlace,
  name: string,
  revision: number,
  annotations: Record<string, string>,
): IngressManifest {
  const { apiVersion, kind } = TRAFFIC_KINDS.ingress;
  const backend = { service: { name: service(revision), port: { number: 80 } } };
  const path = rewrites(match.path, stripPrefix)
    ? { path: `${escaped(match.path)}(/|$)(.*)`, pathType: "ImplementationSpecific" as const, backend }
    : { path: match.path, pathType: "Prefix" as const, backend };
  return {
    ...{ apiVersion, kind },
    metadata: { name, namespace, labels, annotations },
    spec: {
      ingressClassName: className,
      rules: [{ ...(match.host !== undefined && { host: match.host }), http: { paths: [path] } }],
    },
  };
}

const rewrites = (path: string, stripPrefix: boolean): boolean => stripPrefix && path !== "/";

const rewriting = ({ match, stripPrefix }: RouteConfig): Record<string, string> =>
  rewrites(match.path, stripPrefix) ? { [`${PREFIX}/use-regex`]: "true", [`${PREFIX}/rewrite-target`]: "/$2" } : {};

const common = (config: RouteConfig): Record<string, string> => {
  const { connectMs, responseMs, idleMs } = config.timeouts;
  return {
    [`${PREFIX}/proxy-connect-timeout`]: wholeSeconds(connectMs),
    // Between two reads of the answer, the first one included.
    [`${PREFIX}/proxy-read-timeout`]: wholeSeconds(Math.max(responseMs, idleMs)),
    [`${PREFIX}/proxy-send-timeout`]: wholeSeconds(idleMs),
    ...affinity(config),
  };
};

const wholeSeconds = (ms: number): string => String(Math.ceil(ms / 1_000));

function affinity({ stickiness }: RouteConfig): Record<string, string> {
  if (stickiness.by === "none") return {};
  if (stickiness.by !== "cookie") throw cannot(`keep callers on one revision by ${stickiness.by}`);
  return { [`${PREFIX}/affinity`]: "cookie", [`${PREFIX}/session-cookie-name`]: stickiness.name };
}

function pinned(
  { headers = {}, cookies = {}, region }: Pin,
  { regionHeader = REGION_HEADER }: RouteConfig,
): Record<string, string> {
  const asked = Object.keys(headers).length + Object.keys(cookies).length + (region === undefined ? 0 : 1);
  if (asked > 1) throw cannot(`match by ${asked} conditions at once`);
  if (region !== undefined) return { [CANARY.header]: regionHeader, [CANARY.pattern]: `^(?i:${escaped(region)})$` };
  const [header] = Object.entries(headers);
  if (header !== undefined) return { [CANARY.header]: header[0], [CANARY.value]: header[1] };
  const [cookie] = Object.entries(cookies);
  if (cookie === undefined) return {};
  if (cookie[1] !== "always") throw cannot(`match cookie ${cookie[0]} by another value than "always"`);
  return { [CANARY.cookie]: cookie[0] };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const cannot = (what: string): SluiceError => new SluiceError("failed_precondition", `ingress-nginx cannot ${what}`);
