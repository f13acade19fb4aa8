import { z } from "zod";
import type { Classification } from "../analysis/comparison.types.ts";
import { kayentaClassify } from "../analysis/kayenta/kayenta.classify.ts";
import { KAYENTA_DEFAULTS } from "../analysis/kayenta/kayenta.options.ts";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";

/** Values of each arm that are looked at: the newest ones. */
const KEPT = 500;

/** Kayenta's guide asks for fifty points; with fewer than this its verdict is mostly chance, so there is none. */
const FEWEST = 10;

const armSchema = z.object({ count: z.number(), recent: z.array(z.number()).max(KEPT) });
type Arm = z.infer<typeof armSchema>;

export const kayentaSchema = z.object({ kind: z.literal("kayenta"), stable: armSchema, candidate: armSchema });

/**
 * Kayenta's classification of a metric, repeated with every reading; only for who asks for `mode: kayenta`. Repeated looks at a
 * fixed confidence keep no promise (ANALYSIS §10), and its sentence says so.
 */
export class KayentaJudge {
  readonly terms: TermsOf<"kayenta">;
  readonly method = "kayenta";
  readonly logEvidence = null;
  readonly stable: Arm;
  readonly candidate: Arm;

  constructor(terms: TermsOf<"kayenta">, state?: z.infer<typeof kayentaSchema>) {
    this.terms = terms;
    this.stable = state === undefined ? { count: 0, recent: [] } : { ...state.stable };
    this.candidate = state === undefined ? { count: 0, recent: [] } : { ...state.candidate };
  }

  get classification(): Classification {
    const [stable, candidate] = [this.stable.recent, this.candidate.recent];
    if (stable.length < FEWEST || candidate.length < FEWEST) return "Nodata";
    const { direction, confidence } = this.terms;
    return kayentaClassify(stable, candidate, { ...KAYENTA_DEFAULTS, direction, confidence }).classification;
  }

  get failed(): boolean {
    const found = this.classification;
    return found === "High" || found === "Low";
  }

  take({ stable, candidate }: OutsideValues): void {
    add(this.stable, stable);
    add(this.candidate, candidate);
  }

  state(): z.infer<typeof kayentaSchema> {
    const copy = ({ count, recent }: Arm): Arm => ({ count, recent: [...recent] });
    return { kind: "kayenta", stable: copy(this.stable), candidate: copy(this.candidate) };
  }
}

function add(arm: Arm, values: readonly number[]): void {
  arm.count += values.length;
  arm.recent = [...arm.recent, ...values].slice(-KEPT);
}
