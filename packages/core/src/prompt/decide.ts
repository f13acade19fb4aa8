import { assignmentSalt, bucketOf, ownerOf } from "../traffic/assign.ts";
import type { Pin } from "../traffic/route.ts";
import { FULL_WEIGHT, type Split } from "../traffic/split.ts";
import { attributesOf, type EvaluationContext, pinHolds } from "./targeting.ts";

/**
 * Why somebody gets a version, in OpenFeature's words.
 * - `TARGETING_MATCH`: a rule of the rollout holds for the context.
 * - `SPLIT`: the weights decided.
 * - `DEFAULT`: there are rules and none holds; one revision has all the rest.
 * - `STATIC`: one revision has everything.
 */
export const RESOLVE_REASONS = ["SPLIT", "TARGETING_MATCH", "STATIC", "DEFAULT"] as const;
export type ResolveReason = (typeof RESOLVE_REASONS)[number];

export interface Decision {
  revision: number;
  reason: ResolveReason;
}

/** How one prompt is dealt out. `wished` is what the rollout wants, `split` what is in force: the same unless a guard has closed. */
export interface Dealing {
  /** The deployment's id: two prompts deal their keys independently. */
  id: string;
  wished: Split;
  split: Split;
  pins: readonly Pin[];
  /** A guard's candidate that gets nobody any more, by no rule either; else null. */
  closed: number | null;
}

export type Dealer = (key: string | null, context: EvaluationContext | null, random: () => number) => Decision | null;

/**
 * Who gets which revision, as the gateway deals requests: the same buckets, so that whoever has the candidate keeps it while its
 * weight grows. Without a key the draw is by lot. Null while nothing has a weight.
 */
export function createDealer({ id, wished, split, pins, closed }: Dealing): Dealer {
  const salt = assignmentSalt(id, wished);
  const rules = pins.filter(({ revision }) => revision !== closed);
  const [alone, other] = split.filter(({ weight }) => weight > 0);
  const sole: Decision | null =
    alone !== undefined && other === undefined
      ? { revision: alone.revision, reason: rules.length > 0 ? "DEFAULT" : "STATIC" }
      : null;
  return (key, context, random) => {
    if (rules.length > 0 && context !== null) {
      const attributes = attributesOf(context);
      const rule = rules.find((pin) => pinHolds(pin, attributes));
      if (rule !== undefined) return { revision: rule.revision, reason: "TARGETING_MATCH" };
    }
    if (sole !== null) return sole;
    const owner = split[ownerOf(split, key === null ? random() * FULL_WEIGHT : bucketOf(salt, key))];
    return owner === undefined ? null : { revision: owner.revision, reason: "SPLIT" };
  };
}
