import type { GuardConfig, GuardReport, PeriodCounts } from "../analysis/guard.types.ts";
import type { ShadowReport } from "../judge/comparison.ts";
import type { ShadowComparison } from "../strategy/strategy.types.ts";
import type { Instant } from "../time.ts";
import type { Split, Weight } from "./split.ts";

/** What the gateway matches. The longest path prefix wins; among equals, the route with more conditions. */
export interface RouteMatch {
  /** Exact host name without port, lower case; absent means any. */
  host?: string;
  /** A prefix on segment borders: `/greeter` matches `/greeter` and `/greeter/x`, not `/greeters`. */
  path: string;
  /** Header name (lower case) to its exact value. */
  headers?: Record<string, string>;
  cookies?: Record<string, string>;
}

/** Requests that are sent to one revision whatever the weights say (a `match` step, or an A/B rule). */
export interface Pin {
  revision: number;
  headers?: Record<string, string>;
  cookies?: Record<string, string>;
  /** Callers of this region, in any case, as the route's `regionHeader` says. */
  region?: string;
}

/** What keeps a caller on one revision. `client` is the address of the peer. */
export type Stickiness = { by: "none" } | { by: "cookie" | "header"; name: string } | { by: "client" };

export interface Endpoint {
  /** The instance's id. */
  id: string;
  host: string;
  port: number;
}

export interface Backend {
  revision: number;
  version: string;
  /** Ready instances only. */
  endpoints: Endpoint[];
}

export interface RouteTimeouts {
  /** Until the connection to the instance stands. */
  connectMs: number;
  /** Until the first byte of the answer's head. */
  responseMs: number;
  /** Between two chunks of a body, in either direction. */
  idleMs: number;
}

/** A second address of the deployment, served by one revision alone: how a blue-green candidate is looked at. */
export interface Preview {
  /** A prefix as in `RouteMatch`; host, headers and cookies are those of the route. */
  path: string;
  revision: number;
}

/** How the mirror's answers are compared with those that callers got. What was seen counts for one hypothesis only. */
export interface ShadowOptions extends ShadowComparison {
  hypothesis: string;
}

/** Everything the gateway must know of one deployment. Sent whole; applied atomically. */
export interface RouteConfig {
  /** The deployment's id. */
  id: string;
  project: string;
  deployment: string;
  /** Grows with every change the control plane makes. A config with a lower one than the applied is refused. */
  epoch: number;
  match: RouteMatch;
  stripPrefix: boolean;
  stickiness: Stickiness;
  timeouts: RouteTimeouts;
  split: Split;
  pins: Pin[];
  /** Copies of requests that go to `revision` and whose answers nobody sees. */
  mirror: { revision: number; weight: Weight } | null;
  backends: Backend[];
  guard: GuardConfig | null;
  /** The header that names a caller's region, lower case; absent means `REGION_HEADER`. */
  regionHeader?: string;
  /** Absent or null: none. */
  preview?: Preview | null;
  /** Absent or null: the mirror's answers are measured, and compared with nothing. */
  compare?: ShadowOptions | null;
}

/** Cumulative since the gateway first saw the revision on this route; survives restarts of neither. */
export interface RevisionStats {
  revision: number;
  requests: number;
  /** Answers by class. `failed` are those without an answer: refused, reset, timed out. */
  status: { "1xx": number; "2xx": number; "3xx": number; "4xx": number; "5xx": number; failed: number };
  /** 5xx and `failed` of first attempts: what counts against the revision. 4xx are the caller's fault. */
  errors: number;
  /** Given up by the caller before the answer was complete: in none of the counts above. */
  aborted: number;
  bytesIn: number;
  bytesOut: number;
  inFlight: number;
  /** Counts per bin of the log histogram (ANALYSIS §3.1), sparse: [bin, count]. */
  latency: [bin: number, count: number][];
  /** How often it was handed out, where that is not the same as requests: a prompt is read, and its answers are reported. */
  exposures?: number;
}

/** What the gateway says it does right now: the truth that a rollout is advanced on. */
export interface RouteObservation {
  id: string;
  epoch: number;
  /** In force, the guard's closing included. */
  split: Split;
  /** Endpoints not ejected, by revision. */
  usable: { revision: number; endpoints: number }[];
  stats: RevisionStats[];
  guard: GuardReport | null;
  /** What the guard counted in the present period, for the pooled judge; absent from older gateways. */
  counts?: PeriodCounts | null;
  /**
   * Why what was put last is not in force, in the data plane's own words: a Gateway that refuses a route, figures that nobody has
   * looked at yet. Null or absent when it is in force, or when nothing is known but that it is not.
   */
  problem?: string | null;
  /** What somebody else last changed of it, in a sentence, and when it was put back; null or absent: nothing that this process has seen. */
  mended?: { what: string; at: Instant } | null;
  /** What the mirror's answers were like beside the real ones; null while nothing is compared, absent from older gateways. */
  shadow?: (ShadowReport & { hypothesis: string }) | null;
  /** Of several gateways that deal the route, what each counted by itself; absent where there is one. */
  members?: RouteMember[];
}

/** One gateway's own part of what several say together. */
export interface RouteMember extends Pick<RouteObservation, "stats" | "counts"> {
  /** The gateway's name. */
  gateway: string;
}

/** One moment of one gateway. `startedAt` tells a restart: the counters began again. */
export interface GatewaySnapshot {
  gateway: string;
  startedAt: number;
  observedAt: number;
  /** It lets requests in flight finish, and ends. */
  leaving?: boolean;
  /** False: it is new, wants no callers yet, and waits until it was told of everything. */
  ready?: boolean;
  routes: RouteObservation[];
}
