import {
  FULL_WEIGHT,
  type Pin,
  type PlaneAbilities,
  percentFromWeight,
  type RouteConfig,
  type RouteTimeouts,
  SluiceError,
  type Split,
  type TargetOf,
} from "@sluice/core";
import type { BackendRef, HttpRouteSpec, RouteFilter, RouteRule } from "./http-route.types.ts";
import { type Asked, headerMatches } from "./matches.ts";

type GatewayRef = Extract<TargetOf<"kubernetes">["traffic"], { type: "gateway-api" }>["gateway"];

/** What the route leads to, and what the cluster can do. */
export interface RoutePlace {
  gateway: GatewayRef;
  /** Name of the Service of a revision. */
  service: (revision: number) => string;
  abilities: PlaneAbilities;
  /**
   * Whether every backend is to be told its revision in a header. Envoy Gateway makes one cluster of all backends of a rule unless
   * each has a filter of its own, and its figures are by cluster: without this nobody could tell the arms apart.
   */
  marked: boolean;
}

/** The port of every revision's Service. */
const PORT = 80;

export const REVISION_HEADER = "x-sluice-revision";

/**
 * The route as Gateway API has it. Rules for pins and the preview come before the one with the weights, which is the last. Throws
 * `failed_precondition` for what cannot be said in it.
 */
export function httpRouteSpec(config: RouteConfig, place: RoutePlace): HttpRouteSpec {
  const { name, namespace, sectionName } = place.gateway;
  const { match, preview = null } = config;
  return {
    parentRefs: [
      {
        name,
        ...(namespace !== undefined && { namespace }),
        ...(sectionName !== undefined && { sectionName }),
      },
    ],
    ...(match.host !== undefined && { hostnames: [match.host] }),
    rules: [
      ...(preview === null ? [] : ruleTo(config, place, preview.path, {}, alone(preview.revision))),
      ...config.pins.flatMap((pin) => ruleTo(config, place, match.path, pin, alone(pin.revision))),
      ...weighted(config, place),
    ],
  };
}

const alone = (revision: number): Split => [{ revision, weight: FULL_WEIGHT }];

function weighted(config: RouteConfig, place: RoutePlace): RouteRule[] {
  const { split, mirror, stickiness } = config;
  const rules = ruleTo(config, place, config.match.path, {}, split);
  const sticky = stickinessOf(stickiness, place.abilities);
  return rules.map((rule) => ({
    ...rule,
    ...(mirror !== null && { filters: [...(rule.filters ?? []), mirrorFilter(mirror, place)] }),
    ...(sticky !== null && { sessionPersistence: sticky }),
  }));
}

/** No rule where no request can meet the conditions of route and pin at once. */
function ruleTo(config: RouteConfig, place: RoutePlace, path: string, pin: Asked | Pin, split: Split): RouteRule[] {
  const headers = headerMatches(config.match, pin, config);
  if (headers === null) return [];
  const filters = config.stripPrefix && path !== "/" ? [withoutPrefix] : [];
  return [
    {
      matches: [{ path: { type: "PathPrefix", value: path }, ...(headers.length > 0 && { headers }) }],
      ...(filters.length > 0 && { filters }),
      backendRefs: backendsOf(split, place),
      timeouts: { request: wholeAnswer(config.timeouts) },
    },
  ];
}

const withoutPrefix: RouteFilter = {
  type: "URLRewrite",
  urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
};

/** Without those of weight zero: a Service that is not there yet, or not any more, would make the whole route invalid. */
const backendsOf = (split: Split, { service, marked }: RoutePlace): BackendRef[] =>
  split
    .filter(({ weight }) => weight > 0)
    .map(({ revision, weight }) => ({
      name: service(revision),
      port: PORT,
      weight,
      ...(marked && { filters: [mark(revision)] }),
    }));

const mark = (revision: number): RouteFilter => ({
  type: "RequestHeaderModifier",
  requestHeaderModifier: { set: [{ name: REVISION_HEADER, value: String(revision) }] },
});

function mirrorFilter({ revision, weight }: NonNullable<RouteConfig["mirror"]>, place: RoutePlace): RouteFilter {
  if (weight < FULL_WEIGHT && !place.abilities.mirrorShare) {
    const share = percentFromWeight(weight);
    throw new SluiceError(
      "failed_precondition",
      `the cluster's HTTPRoute can copy all requests and not ${share} % of them; Gateway API from 1.3 on can`,
    );
  }
  return {
    type: "RequestMirror",
    requestMirror: {
      backendRef: { name: place.service(revision), port: PORT },
      ...(weight < FULL_WEIGHT && { fraction: { numerator: weight, denominator: FULL_WEIGHT } }),
    },
  };
}

function stickinessOf(
  stickiness: RouteConfig["stickiness"],
  { sessionPersistence }: PlaneAbilities,
): NonNullable<RouteRule["sessionPersistence"]> | null {
  if (stickiness.by === "none") return null;
  if (stickiness.by === "cookie" && sessionPersistence) return { sessionName: stickiness.name, type: "Cookie" };
  const why =
    stickiness.by === "cookie" ? "the cluster's HTTPRoute has no sessionPersistence" : "Gateway API has no such way";
  throw new SluiceError("failed_precondition", `callers cannot be kept on one revision by ${stickiness.by}: ${why}`);
}

/**
 * Gateway API limits the whole answer, ours its beginning and each pause in it: whatever ours would have ended is ended, and so is an
 * answer that goes on for longer than both together.
 */
function wholeAnswer({ responseMs, idleMs }: RouteTimeouts): string {
  const [seconds, rest] = [Math.floor((responseMs + idleMs) / 1_000), (responseMs + idleMs) % 1_000];
  return rest === 0 ? `${seconds}s` : `${seconds}s${rest}ms`;
}
