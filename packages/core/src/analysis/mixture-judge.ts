import type { SwitchingMixture } from "./switching-mixture.ts";

/** A judge whose evidence is the wealth of one mixture of experts. */
export abstract class MixtureJudge {
  protected mixture: SwitchingMixture;

  constructor(mixture: SwitchingMixture) {
    this.mixture = mixture;
  }

  /** ln of the e-value now. */
  get logWealth(): number {
    return this.mixture.logWealth;
  }

  /** Its largest value so far: what a decision that stands is made by. */
  get maxLogWealth(): number {
    return this.mixture.maxLogWealth;
  }

  /** Batches that told something so far. */
  get batches(): number {
    return this.mixture.batches;
  }

  /** Gives `part` of the wealth (0 to 1) back to the prior; worth doing when the weight changes. */
  remix(part: number): void {
    this.mixture.remix(part);
  }
}
