import type { RouteSettings } from "../deployment/config.schema.ts";
import type { ClusterTraffic } from "../environment/target.schema.ts";
import { compileSteps, PREVIEW_HEADER } from "../strategy/compile.ts";
import type { Step, Strategy } from "../strategy/strategy.types.ts";
import { possibleWeights, replicasFor, weightIsPossible } from "./pod-share.ts";
import { FULL_WEIGHT, percentFromWeight, type Weight, weightFromPercent } from "./split.ts";

/** What a data plane of a cluster has beyond the least; unknown before the cluster was asked. */
export interface PlaneAbilities {
  /** Callers can be kept on one backend (experimental in Gateway API). */
  sessionPersistence: boolean;
  /** A part of the requests can be copied, not only all of them. */
  mirrorShare: boolean;
}

/** What a deployment is to have of a data plane. */
export interface PlaneWish {
  route: RouteSettings;
  strategy: Strategy;
  replicas: number;
}

export interface Wish extends PlaneWish {
  traffic: ClusterTraffic;
  /** Absent: not known, and nothing is said about it. */
  abilities?: PlaneAbilities;
}

/** Something that the data plane cannot do as it was asked for. */
export interface Inexpressible {
  message: string;
  /** It would not be done at all; otherwise it is done, and says less than elsewhere. */
  grave: boolean;
}

/** So many cookies can be asked for at once: a pattern for more would name every order they may come in. */
export const MOST_COOKIES = 3;

/** What Gateway API takes as a path: no empty or dotted segments, nothing that hides a slash. */
export const GATEWAY_PATH = /^(?!.*(\/\/|\/\.\.?(\/|$)|%2[fF]))\/([-\w.~!$&'()*+,;=:@/]|%[0-9a-fA-F]{2})*$/;

/**
 * What of a wish the cluster's own data plane cannot do, in sentences. Empty: all of it can be done. Our gateway can do everything.
 */
export function inexpressible(wish: Wish): Inexpressible[] {
  switch (wish.traffic.type) {
    case "sluice":
      return [];
    case "gateway-api":
      return ofGatewayApi(wish);
    case "ingress-nginx":
      return ofIngressNginx(wish);
    case "replicas":
      return ofReplicas(wish);
  }
}

type Match = Extract<Step, { type: "match" }>;
const matchesOf = (steps: readonly Step[]): Match[] => steps.filter((step) => step.type === "match");
const mirrorsOf = (steps: readonly Step[]): Weight[] =>
  steps.flatMap((step) => (step.type === "mirror" && step.weight > 0 ? [step.weight] : []));

const grave = (message: string): Inexpressible => ({ message, grave: true });
const none = { headers: {}, cookies: {} };

function ofGatewayApi({ route, strategy, abilities }: Wish): Inexpressible[] {
  const steps = compileSteps(strategy);
  const found: Inexpressible[] = [];
  const { by } = route.stickiness;
  if (by === "client" || by === "header")
    found.push(grave(`Gateway API cannot keep callers on one revision by ${by}; what it can: cookie, or none`));
  if (by === "cookie" && abilities?.sessionPersistence === false)
    found.push(
      grave(
        "the cluster's HTTPRoute has no sessionPersistence, so callers cannot be kept on one revision; its experimental channel has it",
      ),
    );
  for (const path of [route.path, ...previewPath(strategy)])
    if (!GATEWAY_PATH.test(path)) found.push(grave(`Gateway API cannot match the path ${path}`));
  const conditions = [none, ...matchesOf(steps)].map(({ headers, cookies }) => ({
    headers: { ...route.headers, ...headers },
    cookies: { ...route.cookies, ...cookies },
  }));
  for (const { headers, cookies } of conditions) {
    const empty = Object.entries(headers).find(([, value]) => value === "");
    if (empty !== undefined) found.push(grave(`Gateway API cannot match header ${empty[0]} by an empty value`));
    if (Object.keys(cookies).length > MOST_COOKIES)
      found.push(grave(`more than ${MOST_COOKIES} cookies at once cannot be matched by Gateway API`));
  }
  const part = mirrorsOf(steps).find((weight) => weight < FULL_WEIGHT);
  if (part !== undefined && abilities?.mirrorShare === false)
    found.push(
      grave(
        `the cluster's HTTPRoute can copy all requests and not ${percentFromWeight(part)} % of them; Gateway API from 1.3 on can`,
      ),
    );
  return [...found, ...uncompared(steps)];
}

const previewPath = (strategy: Strategy): string[] =>
  strategy.type === "blue-green" && strategy.previewRoute !== null ? [strategy.previewRoute] : [];

/** Copies are sent by the cluster; what comes back from them nobody tells us. */
const uncompared = (steps: readonly Step[]): Inexpressible[] =>
  mirrorsOf(steps).length === 0
    ? []
    : [
        {
          message: "copies are sent, and their answers are neither measured nor compared: our gateway alone does that",
          grave: false,
        },
      ];

function ofIngressNginx({ route, strategy }: Wish): Inexpressible[] {
  const steps = compileSteps(strategy);
  const found: Inexpressible[] = [];
  const { by } = route.stickiness;
  if (by === "client" || by === "header")
    found.push(grave(`ingress-nginx cannot keep callers on one revision by ${by}; what it can: cookie, or none`));
  if (Object.keys({ ...route.headers, ...route.cookies }).length > 0)
    found.push(grave("an Ingress matches by host and path alone: the route must have no headers and no cookies"));
  for (const { headers, cookies, region } of matchesOf(steps)) {
    const [header] = Object.keys(headers);
    const [cookie] = Object.entries(cookies);
    const asked = Object.keys(headers).length + Object.keys(cookies).length + (region === undefined ? 0 : 1);
    if (asked > 1)
      found.push(grave(`ingress-nginx matches by one header or one cookie, and a match step has ${asked}`));
    else if (cookie !== undefined && cookie[1] !== "always")
      found.push(grave(`ingress-nginx matches cookie ${cookie[0]} by the value "always" alone, not "${cookie[1]}"`));
    else if (header !== undefined && header !== PREVIEW_HEADER && headers[header] === "")
      found.push(grave(`ingress-nginx cannot match header ${header} by an empty value`));
  }
  if (mirrorsOf(steps).length > 0) found.push(grave("ingress-nginx cannot copy requests to another revision"));
  return found;
}

function ofReplicas({ route, strategy, replicas }: Wish): Inexpressible[] {
  const steps = compileSteps(strategy);
  const found: Inexpressible[] = [];
  if (route.stickiness.by !== "none")
    found.push(grave("a Service keeps nobody on one revision: stickiness must be none"));
  if (Object.keys({ ...route.headers, ...route.cookies }).length > 0 || route.host !== undefined)
    found.push(grave("a Service matches nothing: the route must have no host, headers or cookies"));
  if (matchesOf(steps).length > 0 && strategy.type !== "blue-green")
    found.push(grave("a Service sends nobody to one revision: a match step cannot be done"));
  if (strategy.type === "blue-green")
    found.push({
      message: "a Service shows nobody the candidate beforehand: it can be reached at its own Service",
      grave: false,
    });
  if (mirrorsOf(steps).length > 0) found.push(grave("a Service copies no requests"));
  const wanted = [
    ...steps.flatMap((step) => (step.type === "setWeight" ? [step.weight] : [])),
    ...(strategy.holdbackPercentage > 0 ? [FULL_WEIGHT - weightFromPercent(strategy.holdbackPercentage)] : []),
  ];
  const missed = [...new Set(wanted)].filter((weight) => weight > 0 && !weightIsPossible(weight, replicas));
  for (const weight of missed)
    found.push(
      grave(
        `${percentFromWeight(weight)} % needs ${replicasFor(weight)} replicas where pods alone deal the traffic; ${replicas} can give ${possibleWeights(replicas)}`,
      ),
    );
  return found;
}
