import { FULL_WEIGHT, type RouteConfig, type Split } from "@sluice/core";
import { revisionOf } from "../revision.ts";
import type { Ingress, IngressManifest } from "./ingress.types.ts";
import { CANARY, canaryIngress, type IngressPlace, mainIngress, type Parts, previewIngress } from "./ingresses.ts";

/** What a deployment has of Ingresses now. */
export interface Present {
  main: Ingress | null;
  canary: Ingress | null;
  preview: Ingress | null;
}

export type IngressStep = { put: IngressManifest } | { remove: string };

/**
 * The writes that lead from what is there to what is wanted, in an order in which callers are never sent where nobody answers, nor a
 * share to a revision that was not meant (edge cases 20 and 21):
 *
 * - A canary that becomes the main one keeps its share until the main Ingress leads to it as well; then it goes.
 * - Any other canary that is to go, or to lead elsewhere, first loses its share and its callers.
 */
export function ingressSteps(config: RouteConfig, parts: Parts, present: Present, place: IngressPlace): IngressStep[] {
  const main = { put: mainIngress(config, parts, place) };
  const canary = parts.canary === null ? null : { put: canaryIngress(config, parts.canary, place) };
  const { previous, steps } = previousCanary(config, parts, present, place);
  const others: IngressStep[] = canary === null ? [] : [canary];
  const gone: IngressStep[] = canary === null && previous ? [{ remove: place.names.canary }] : [];
  return [...steps, main, ...others, ...gone, ...previewSteps(config, parts, present, place)];
}

function previousCanary(
  config: RouteConfig,
  parts: Parts,
  present: Present,
  place: IngressPlace,
): { previous: boolean; steps: IngressStep[] } {
  const revision = present.canary === null ? null : backendOf(present.canary);
  if (revision === null) return { previous: present.canary !== null, steps: [] };
  const stays = parts.canary?.revision === revision;
  const promoted = parts.main === revision;
  const reset = { put: canaryIngress(config, { revision, weight: 0, pin: null }, place) };
  return { previous: true, steps: stays || promoted ? [] : [reset] };
}

function previewSteps(config: RouteConfig, { preview }: Parts, present: Present, place: IngressPlace): IngressStep[] {
  if (preview !== null) return [{ put: previewIngress(config, preview, place) }];
  return present.preview === null ? [] : [{ remove: place.names.preview }];
}

/** The revision that an Ingress leads to; null for one that leads elsewhere. */
export function backendOf({ spec }: Ingress): number | null {
  const name = spec?.rules?.[0]?.http.paths[0]?.backend.service.name;
  return name === undefined ? null : revisionOf(name);
}

/** What the Ingresses deal, as they are in the cluster. */
export function splitOf({ main, canary }: Pick<Present, "main" | "canary">): Split {
  const answering = main === null ? null : backendOf(main);
  if (answering === null) return [];
  const other = canary === null ? null : backendOf(canary);
  const weight = canary === null ? 0 : weightOf(canary);
  if (other === null || other === answering || weight === 0) return [{ revision: answering, weight: FULL_WEIGHT }];
  return [
    { revision: answering, weight: FULL_WEIGHT - weight },
    { revision: other, weight },
  ];
}

function weightOf({ metadata: { annotations = {} } }: Ingress): number {
  const [weight, total] = [Number(annotations[CANARY.weight] ?? 0), Number(annotations[CANARY.total] ?? 100)];
  if (annotations[CANARY.is] !== "true" || !(total > 0) || !(weight > 0)) return 0;
  return Math.min(FULL_WEIGHT, Math.round((weight * FULL_WEIGHT) / total));
}
