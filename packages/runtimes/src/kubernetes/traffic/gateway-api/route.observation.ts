import { FULL_WEIGHT, type Split } from "@sluice/core";
import { nameOf } from "../../client/kinds.ts";
import type { Condition } from "../../client/kube.types.ts";
import { type DealtState, IN_FORCE } from "../dealer.ts";
import { revisionOf } from "../revision.ts";
import type { Gateway, HttpRoute, ParentRef } from "./http-route.types.ts";

/** Conditions without which nothing of a route is in force. */
const NEEDED = ["Accepted", "ResolvedRefs"] as const;

/** What the route deals, as it is in the cluster; empty when it leads nowhere. The rule with the weights is the last. */
export function splitOf({ spec }: HttpRoute): Split {
  const backends = (spec?.rules?.at(-1)?.backendRefs ?? []).flatMap(({ name, weight = 1 }) => {
    const revision = revisionOf(name);
    return revision === null ? [] : [{ revision, weight }];
  });
  const all = backends.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return [];
  return backends.map(({ revision, weight }) => ({ revision, weight: Math.round((weight * FULL_WEIGHT) / all) }));
}

/**
 * Edge case 19: whether what the route says is what the Gateway does, and why not, in the Gateway's own words. In force is what
 * every parent has accepted and resolved in the generation that the route has now. `gateway` is undefined while nobody has looked.
 */
export function stateOf(route: HttpRoute, gateway: Gateway | null | undefined): DealtState {
  const { namespace, name, generation = 0 } = route.metadata;
  const object = nameOf({ kind: "HTTPRoute" }, namespace, name);
  for (const wanted of route.spec?.parentRefs ?? []) {
    const where = nameOf({ kind: "Gateway" }, wanted.namespace ?? namespace, wanted.name);
    if (gateway === null) return refused(`${where}, which ${object} is for, does not exist`);
    const parents = (route.status?.parents ?? []).filter(({ parentRef }) => isSame(parentRef, wanted, namespace));
    if (parents.length === 0) return pending(`no controller has taken up ${object} for ${where} yet`);
    for (const { conditions = [], controllerName = "its controller" } of parents) {
      const found = stateAt(conditions, generation);
      if (found.is === "in force") continue;
      return { is: found.is, why: `${object} is not in force at ${where}: ${found.why} (${controllerName})` };
    }
    const programmed = gateway?.status?.conditions?.find(({ type }) => type === "Programmed");
    if (gateway !== undefined && programmed?.status !== "True")
      return refused(`${where} is not programmed${said(programmed)}`);
  }
  return IN_FORCE;
}

const pending = (why: string): DealtState => ({ is: "pending", why });
const refused = (why: string): DealtState => ({ is: "refused", why });

function stateAt(conditions: readonly Condition[], generation: number): DealtState {
  for (const type of NEEDED) {
    const condition = conditions.find((candidate) => candidate.type === type);
    if (condition === undefined) return pending(`nothing is said of ${type} yet`);
    if ((condition.observedGeneration ?? 0) < generation)
      return pending(`generation ${condition.observedGeneration ?? 0} of ${generation} has been looked at`);
    if (condition.status !== "True") return refused(`${type} is ${condition.status}${said(condition)}`);
  }
  const partly = conditions.find(({ type, status }) => type === "PartiallyInvalid" && status === "True");
  return partly === undefined ? IN_FORCE : refused(`a part of it is invalid${said(partly)}`);
}

const said = (condition: Condition | undefined): string =>
  condition === undefined
    ? ""
    : ` (${condition.reason ?? "no reason"}): ${condition.message ?? ""}`.trimEnd().replace(/:$/, "");

const isSame = (left: ParentRef, right: ParentRef, namespace: string | undefined): boolean =>
  left.name === right.name &&
  (left.namespace ?? namespace) === (right.namespace ?? namespace) &&
  (left.sectionName ?? "") === (right.sectionName ?? "");
