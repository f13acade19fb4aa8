import {
  assignmentSalt,
  bucketOf,
  type Conditions,
  conditionsHold,
  conditionsOf,
  cookieOf,
  FULL_WEIGHT,
  headerOf,
  normalPrefix,
  ownerOf,
  type RawHeaders,
  type RouteConfig,
  type Split,
} from "@sluice/core";
import type { Arm } from "./arm.ts";

interface CompiledPin {
  conditions: Conditions | null;
  arm: Arm;
}

interface CompiledMirror {
  arm: Arm;
  weight: number;
}

/** One configuration of one route, ready to be asked once per request. Immutable: a change makes a new one. */
export class CompiledRoute {
  readonly id: string;
  readonly config: RouteConfig;
  /** In force, the guard's closing included. */
  readonly split: Split;
  readonly prefix: string;
  readonly conditions: Conditions | null;
  readonly mirror: CompiledMirror | null;
  readonly arms: readonly Arm[];
  /** The candidate's own address, a route beside this one; null when there is none. */
  readonly preview: CompiledRoute | null;
  /** The arms in the order of `split`. */
  readonly #inSplit: readonly (Arm | undefined)[];
  readonly #pins: readonly CompiledPin[];
  readonly #salt: string;

  /** `pins` and `mirror` of revisions without an arm are left out. */
  constructor(
    config: RouteConfig,
    split: Split,
    arms: readonly Arm[],
    closedRevision: number | null,
    preview: CompiledRoute | null = null,
  ) {
    const armOf = (revision: number): Arm | undefined => arms.find((arm) => arm.revision === revision);
    this.id = config.id;
    this.config = config;
    this.split = split;
    this.prefix = normalPrefix(config.match.path);
    this.conditions = conditionsOf(config.match);
    this.arms = arms;
    this.preview = preview;
    this.#inSplit = split.map(({ revision }) => armOf(revision));
    this.#pins = config.pins.flatMap((pin) => {
      const arm = pin.revision === closedRevision ? undefined : armOf(pin.revision);
      return arm === undefined ? [] : [{ conditions: conditionsOf(pin, config.regionHeader), arm }];
    });
    const { mirror } = config;
    const mirrored = mirror === null || mirror.revision === closedRevision ? undefined : armOf(mirror.revision);
    this.mirror = mirror === null || mirrored === undefined ? null : { arm: mirrored, weight: mirror.weight };
    this.#salt = assignmentSalt(config.id, config.split);
  }

  /** The arm that a rule sends this request to, whatever the weights say; null when none does, or it cannot serve. */
  pinned(raw: RawHeaders): Arm | null {
    for (const pin of this.#pins) if (conditionsHold(pin.conditions, raw) && pin.arm.usable) return pin.arm;
    return null;
  }

  /** What keeps the caller on one revision; null when nothing does. */
  stickyKey(raw: RawHeaders, client: string): string | null {
    const { stickiness } = this.config;
    switch (stickiness.by) {
      case "none":
        return null;
      case "cookie":
        return cookieOf(raw, stickiness.name);
      case "header":
        return headerOf(raw, stickiness.name);
      case "client":
        return client;
    }
  }

  /**
   * The arm for a caller with this key, or for one request by lot (`random` in [0, 1)). An arm without a usable endpoint
   * gets nothing: what it owns goes to the others with weight, in their proportion. Null when none of those is left.
   */
  choose(key: string | null, random: number): Arm | null {
    const draw = key === null ? random * FULL_WEIGHT : bucketOf(this.#salt, key);
    const owner = this.#inSplit[ownerOf(this.split, draw)];
    if (owner?.usable) return owner;
    return this.#amongUsable(draw / FULL_WEIGHT);
  }

  /** Whether the weights decide: every revision with a share can be reached. */
  get deals(): boolean {
    return this.split.every(({ weight }, index) => weight === 0 || this.#inSplit[index]?.usable === true);
  }

  /** Another arm than those tried, for a request that is sent again. */
  chooseOther(than: Arm): Arm | null {
    return this.arms.find((arm) => arm !== than && arm.weight > 0 && arm.usable) ?? null;
  }

  #amongUsable(position: number): Arm | null {
    const usable = this.#inSplit.filter((arm) => arm?.usable && arm.weight > 0);
    const split = usable.map((arm) => ({ revision: arm?.revision ?? 0, weight: arm?.weight ?? 0 }));
    const total = split.reduce((sum, { weight }) => sum + weight, 0);
    return usable[ownerOf(split, position * total)] ?? null;
  }
}
