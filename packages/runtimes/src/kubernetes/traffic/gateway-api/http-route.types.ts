import type { Condition, KubeObject } from "../../client/kube.types.ts";

/** The part of Gateway API's HTTPRoute that is written and read here. */

export interface HeaderMatch {
  name: string;
  type: "Exact" | "RegularExpression";
  value: string;
}

export interface RouteRuleMatch {
  path: { type: "PathPrefix"; value: string };
  headers?: HeaderMatch[];
}

export type RouteFilter =
  | {
      type: "URLRewrite";
      urlRewrite: { path: { type: "ReplacePrefixMatch"; replacePrefixMatch: string } };
    }
  | {
      type: "RequestMirror";
      requestMirror: {
        backendRef: { name: string; port: number };
        fraction?: { numerator: number; denominator: number };
      };
    }
  | {
      type: "RequestHeaderModifier";
      requestHeaderModifier: { set: { name: string; value: string }[] };
    };

export interface BackendRef {
  name: string;
  port: number;
  weight?: number;
  filters?: RouteFilter[];
}

export interface RouteRule {
  matches: RouteRuleMatch[];
  filters?: RouteFilter[];
  backendRefs: BackendRef[];
  timeouts?: { request: string };
  sessionPersistence?: { sessionName: string; type: "Cookie" };
}

export interface ParentRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  sectionName?: string;
}

export interface HttpRouteSpec {
  parentRefs: ParentRef[];
  hostnames?: string[];
  rules: RouteRule[];
}

export interface HttpRoute extends KubeObject {
  spec?: Partial<HttpRouteSpec>;
  status?: { parents?: { parentRef: ParentRef; controllerName?: string; conditions?: Condition[] }[] };
}

export interface Gateway extends KubeObject {
  status?: { conditions?: Condition[] };
}
